package githubtest_test

import (
	"net/http"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github/githubtest/contract"
)

// checker is GitHub's document, loaded once; nil when it is not at hand.
var checker = sync.OnceValues(func() (*contract.Checker, error) {
	path := os.Getenv("QDEPLOY_GITHUB_OPENAPI")
	if path == "" {
		return nil, nil
	}
	k, err := contract.Load(path)
	if k != nil {
		k.ForgiveRefused = true // the tests send wrong requests on purpose
	}
	return k, err
})

// checked puts the contract before the hub: all tests run behind it.
func checked(t *testing.T, h http.Handler) http.Handler {
	k, err := checker()
	require.NoError(t, err)
	if k == nil {
		return h
	}
	return k.Wrap(h, func(what string) { t.Errorf("contract: %s", what) })
}

// TestContract says whether the others ran behind the contract.
func TestContract(t *testing.T) {
	if k, err := checker(); k == nil {
		require.NoError(t, err)
		t.Skip("QDEPLOY_GITHUB_OPENAPI does not name GitHub's OpenAPI document: traffic is not checked against it")
	}
}
