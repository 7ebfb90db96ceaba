package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStartErrors: what cannot start says so in one line and exits with 2.
func TestStartErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte(`{"code": 1, "nonsense": true}`), 0o600); err != nil {
		t.Fatal(err)
	}
	free := func(args ...string) []string {
		return append([]string{"--listen", "127.0.0.1:0", "--media", "127.0.0.1:0"}, args...)
	}
	tests := []struct {
		name string
		args []string
		says string
	}{
		{"an unknown flag", []string{"--nonsense"}, "--nonsense"},
		{"an unknown command", []string{"dance"}, "dance"},
		{"a port that is no number", []string{"--listen", "abc"}, "--listen"},
		{"a taken port", []string{"--listen", taken.Addr().String(), "--media", "127.0.0.1:0", "--data", t.TempDir()}, "config.port: listen on " + taken.Addr().String()},
		{"a taken media port", []string{"--listen", "127.0.0.1:0", "--media", taken.Addr().String(), "--data", t.TempDir()}, "config.port: media port " + taken.Addr().String()},
		{"a folder that is a file", free("--data", file), file},
		{"a database that is not there", free("--data", t.TempDir(), "--database", "postgres://u:secret@127.0.0.1:1/db?connect_timeout=2", "--wait", "0s"), "127.0.0.1:1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if code := run(tt.args, &stdout, &stderr); code != exitUsage {
				t.Errorf("exit code %d, want %d\n%s", code, exitUsage, &stderr)
			}
			said := strings.TrimSpace(stderr.String())
			if strings.Contains(said, "\n") || !strings.Contains(said, tt.says) {
				t.Errorf("said %q, want one line with %q", said, tt.says)
			}
			if strings.Contains(said, "secret") {
				t.Errorf("the password is in %q", said)
			}
		})
	}
	t.Run("a contest file with mistakes", func(t *testing.T) {
		var stdout, stderr bytes.Buffer
		data := t.TempDir()
		if code := run(free("--data", data, "--contest", bad), &stdout, &stderr); code != exitUsage {
			t.Errorf("exit code %d, want %d", code, exitUsage)
		}
		for _, want := range []string{"code", "nonsense", "tracks"} {
			if !strings.Contains(stderr.String(), want) {
				t.Errorf("no word of %q in\n%s", want, &stderr)
			}
		}
	})
}

func TestHelpNamesEveryFlagAndItsVariable(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run([]string{"serve", "--help"}, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit code %d", code)
	}
	for _, flag := range []string{"LISTEN", "DATA", "DATABASE", "REDIS", "MEDIA", "PUBLIC_URL"} {
		if !strings.Contains(stdout.String(), "$HECAI_"+flag) {
			t.Errorf("help does not name HECAI_%s", flag)
		}
	}
}
