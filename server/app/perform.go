package app

import (
	"context"
)

func (d *demonstration) perform(ctx context.Context) error { return nil }
