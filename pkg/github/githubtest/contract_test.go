package githubtest_test

import (
	"net/http"
	"testing"
)

func checked(t *testing.T, h http.Handler) http.Handler { return h }
