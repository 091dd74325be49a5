package qlik

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Context is what qlik-cli keeps of one tenant.
type Context struct {
	Name    string
	Host    string
	Current bool // the one that qlik-cli uses unless told otherwise
	Credentials
}

// Format writes the name, so that the credentials never print.
func (c Context) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, "context "+c.Name) // fmt keeps the error itself
}

// contextsFile is the format of qlik-cli's contexts.yml, as far as it matters.
// An API key is there as the header that carries it.
//
// https://qlik.dev/toolkits/qlik-cli/qlik-cli-contexts
type contextsFile struct {
	Current  string `yaml:"current-context"`
	Contexts map[string]struct {
		Server       string            `yaml:"server"`
		ServerType   string            `yaml:"server-type"`
		Headers      map[string]string `yaml:"headers"`
		ClientID     string            `yaml:"oauth-client-id"`
		ClientSecret string            `yaml:"oauth-client-secret"`
	} `yaml:"contexts"`
}

// longestContexts bounds a file that thousands of tenants fit into.
const longestContexts = 16 << 20

// Contexts reads the contexts file of qlik-cli, usually ~/.qlik/contexts.yml,
// and returns those of Qlik Cloud that have credentials, sorted by name.
func Contexts(path string) ([]Context, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var file contextsFile
	if err := yaml.NewDecoder(io.LimitReader(f, longestContexts)).Decode(&file); err != nil && err != io.EOF {
		// The text of a YAML error may quote a line, and that a secret.
		return nil, fmt.Errorf("%s: not a contexts file of qlik-cli", path)
	}
	var out []Context
	for _, name := range slices.Sorted(maps.Keys(file.Contexts)) {
		raw := file.Contexts[name]
		host := hostOf(raw.Server)
		if host == "" || !strings.EqualFold(cmp.Or(raw.ServerType, "cloud"), "cloud") {
			continue
		}
		c := Context{Name: name, Host: host, Current: name == file.Current, Credentials: Credentials{
			ClientID: raw.ClientID, ClientSecret: raw.ClientSecret,
			Source: fmt.Sprintf("context %s in %s", name, path),
		}}
		for header, value := range raw.Headers {
			if http.CanonicalHeaderKey(header) == "Authorization" {
				c.APIKey = strings.TrimSpace(strings.TrimPrefix(value, "Bearer "))
			}
		}
		if c.APIKey != "" || c.ClientID != "" && c.ClientSecret != "" {
			out = append(out, c)
		}
	}
	return out, nil
}

// hostOf reads "https://acme.eu.qlikcloud.com/" or a bare host.
func hostOf(server string) string {
	if !strings.Contains(server, "://") {
		server = "https://" + server
	}
	u, err := url.Parse(server)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}
