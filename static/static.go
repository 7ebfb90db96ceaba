// Package static serves the pages: plain ES modules without a build step.
package static

import "net/http"

type Site struct{}

func New() (*Site, error)                { return &Site{}, nil }
func (s *Site) Page(string) http.Handler { return http.NotFoundHandler() }
func (s *Site) Assets() http.Handler     { return http.NotFoundHandler() }
