package compact

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPack(t *testing.T) {
	for _, plain := range [][]byte{{}, []byte("a"), bytes.Repeat([]byte(`{"name":"Space 01","type":"shared"}`), 1000)} {
		b := Pack(plain)
		require.Equal(t, b, Pack(plain))
		back, err := Unpack(b)
		require.NoError(t, err)
		require.Equal(t, plain, back)
		if len(plain) > 100 {
			require.Less(t, len(b), len(plain)/20)
		}
		_, err = Unpack(b[:len(b)-1])
		require.Error(t, err, "it is cut")
	}
}
