package qlik

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSignatureNamesNobody(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{errors.New("no such file"), ""},
		{&TokenError{Host: "acme.eu.qlikcloud.com", Status: 401}, ""},
		{&Error{Method: "POST", Path: "/api/v1/groups", Status: 409, Code: "GROUPS-409", Title: "Conflict", Detail: "Readers is taken", Trace: "4f2a"}, "409 GROUPS-409 group POST /api/v1/groups"},
		{&Error{Method: "PUT", Path: "/api/v1/spaces/638f0e2b/assignments/7a", Status: 400}, "400 group PUT /api/v1/spaces/{id}/assignments/{id}"},
		{&Error{Method: "PATCH", Path: "/api/v1/themes/Night watch", Status: 500, Code: "no such thing as Night watch"}, "500 group PATCH /api/v1/themes/{id}"},
		{&Error{Method: "POST", Path: "/api/v1/unheard-of/actions/Night", Status: 404}, "404 group POST /api/v1/unheard-of/actions/{id}"},
	} {
		require.Equal(t, c.want, Signature("group", c.err))
		if c.want != "" {
			require.Equal(t, c.want, Signature("group", fmt.Errorf("group/Readers: %w", c.err)))
		}
	}
}
