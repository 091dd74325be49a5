package qliktest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhereAFaultStrikes(t *testing.T) {
	for prefix, paths := range map[string]map[string]bool{
		"/api/v1/brands":  {"/api/v1/brands": true, "/api/v1/brands/7/actions/deactivate": true, "/api/v1/spaces": false},
		"/api/v1/brands$": {"/api/v1/brands": true, "/api/v1/brands/7/actions/deactivate": false, "/api/v1/spaces": false},
	} {
		for path, strikes := range paths {
			require.Equal(t, strikes, Fault{Prefix: prefix}.at(path), "%s at %s", prefix, path)
		}
	}
}
