package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"hecai/fault"
)

// argon2id parameters: RFC 9106's second choice at the size OWASP names, 19 MiB
// and two passes, about 25 ms on one core.
const (
	argonTime    = 2
	argonMemory  = 19 * 1024 // KiB
	argonThreads = 1
	argonKeyLen  = 32
)

// Password bounds in bytes. The lower one is NIST SP 800-63B's; the upper one
// keeps a sign-in from being a way to burn our CPU.
const (
	minPassword = 8
	maxPassword = 256
)

// NewSecret returns 32 random bytes in URL-safe base64 (43 characters).
func NewSecret() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b)
}

// hashSecret returns the form in which a secret is kept. A plain SHA-256 is
// enough, because every secret here has at least 112 random bits.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func (d *Desk) hashPassword(ctx context.Context, password string) (string, error) {
	if len(password) < minPassword || len(password) > maxPassword {
		return "", fault.New(fault.Invalid, "access.password_length", "password of %d bytes", len(password)).
			With("min", minPassword).With("max", maxPassword)
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	leave, err := d.hashers.turn(ctx, true)
	if err != nil {
		return "", err
	}
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKeyLen)
	leave()
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// checkPassword reports whether the password matches the PHC string. An empty
// or broken string costs the same time, so that names cannot be probed.
func (d *Desk) checkPassword(ctx context.Context, phc, password string, known bool) (bool, error) {
	if len(password) > maxPassword {
		return false, nil
	}
	salt, want, memory, passes, threads, ok := parsePHC(phc)
	if !ok {
		salt, want = make([]byte, 16), make([]byte, argonKeyLen)
		memory, passes, threads = argonMemory, argonTime, argonThreads
	}
	leave, err := d.hashers.turn(ctx, known)
	if err != nil {
		return false, err
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, threads, uint32(len(want)))
	leave()
	return subtle.ConstantTimeCompare(got, want) == 1 && ok, nil
}

func parsePHC(phc string) (salt, key []byte, memory, passes uint32, threads uint8, ok bool) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return
	}
	var version int
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads); err != nil {
		return
	}
	if memory > 1<<20 || passes == 0 || passes > 16 || threads == 0 {
		return
	}
	var err error
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return
	}
	if key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(key) < 16 {
		return
	}
	return salt, key, memory, passes, threads, true
}

// mac is a keyed hash of the parts, length-prefixed so that no two lists of
// parts collide.
func (d *Desk) mac(parts ...string) []byte {
	h := hmac.New(sha256.New, d.cfg.Key)
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return h.Sum(nil)
}
