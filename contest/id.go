package contest

import (
	"regexp"
)

// idForm is the form of every id: it is safe in a URL path, a topic and a
// file name.
var idForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,31}$`)

// ValidID reports whether s can be an id: 1..32 letters, digits and hyphens,
// the first no hyphen.
func ValidID(s string) bool { return idForm.MatchString(s) }
