package qlik

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIntendIsToldBeforeAndAfter(t *testing.T) {
	var said []string
	var refuse error
	wire := intended{
		next: roundTrip(func(r *http.Request) (*http.Response, error) {
			said = append(said, "sent")
			return &http.Response{StatusCode: 201}, nil
		}),
		intend: func(c Call) (func(Call), error) {
			said = append(said, c.Method+" "+c.Host+c.Path)
			return func(c Call) { said = append(said, http.StatusText(c.Status)) }, refuse
		},
	}
	send := func(method, path string) ([]string, error) {
		said = nil
		r, err := http.NewRequest(method, "https://acme.eu.qlikcloud.com"+path+"?name=Jo", nil)
		require.NoError(t, err)
		_, err = wire.RoundTrip(r)
		return said, err
	}
	got, err := send("POST", "/api/v1/spaces")
	require.NoError(t, err)
	require.Equal(t, []string{"POST acme.eu.qlikcloud.com/api/v1/spaces", "sent", "Created"}, got)
	for _, quiet := range [][2]string{{"GET", "/api/v1/spaces"}, {"POST", "/oauth/token"}} {
		got, err = send(quiet[0], quiet[1])
		require.NoError(t, err)
		require.Equal(t, []string{"sent"}, got)
	}
	refuse = errors.New("the disk is full")
	got, err = send("DELETE", "/api/v1/spaces/7")
	require.ErrorIs(t, err, refuse)
	require.Equal(t, []string{"DELETE acme.eu.qlikcloud.com/api/v1/spaces/7"}, got)
}
