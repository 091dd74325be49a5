package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/format/gitignore"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// A lab is the emulated Qlik Cloud of one script.
type lab struct {
	cloud  *qliktest.Cloud
	server *httptest.Server
	hands  map[string]*hand
	watch  watch
	forge  *forge
	made   traffic

	mu    sync.Mutex
	calls []qliktest.Call
}

type labKey struct{}

func newLab() *lab { return &lab{hands: map[string]*hand{}, made: traffic{seen: map[string]bool{}}} }

func (l *lab) close() {
	if l.server != nil {
		l.server.Close()
	}
	if l.forge != nil {
		l.forge.server.Close()
	}
}

func labOf(ts *testscript.TestScript) *lab { return ts.Value(labKey{}).(*lab) }

// commands are what scripts can say besides testscript's own words.
var commands = map[string]func(*testscript.TestScript, bool, []string){
	"cloud":     cmdCloud,
	"mood":      cmdMood,
	"seed":      cmdSeed,
	"call":      cmdCall,
	"upload":    cmdUpload,
	"zip":       cmdZip,
	"live":      cmdLive,
	"calls":     cmdCalls,
	"commit":    cmdCommit,
	"app":       cmdApp,
	"proxy":     cmdProxy,
	"waitfile":  cmdWaitFile,
	"sample":    cmdSample,
	"edit":      cmdEdit,
	"addtenant": cmdAddTenant,
	"shown":     cmdShown,
	"hub":       cmdHub,
	"hubmood":   cmdHubMood,
	"push":      cmdPush,
	"pull":      cmdPull,
	"merge":     cmdMerge,
	"close":     cmdClose,
	"label":     cmdLabel,
	"role":      cmdRole,
	"review":    cmdReview,
	"job":       cmdJob,
	"artifact":  cmdArtifact,
	"outputs":   cmdOutputs,
	"github":    cmdGitHub,
	"pending":   cmdPending,
	"summary":   cmdSummary,
}

// cloud HOST... starts Qlik Cloud with these tenants, and regional OAuth clients
// whose ids and secrets are in QLIK_<REGION>_CLIENT_ID and _SECRET, and one of the
// organization in QLIK_ORG_CLIENT_ID and _SECRET. A word with
// "=" is an option: items-lag, space-lag, evaluation-time, quota, page-size, limits,
// professional and analyzer, which are seats.
func cmdCloud(ts *testscript.TestScript, neg bool, args []string) {
	l := labOf(ts)
	o := qliktest.Options{NoLimits: true, Calls: l.record}
	var hosts []string
	for _, a := range args {
		name, value, ok := strings.Cut(a, "=")
		if !ok {
			hosts = append(hosts, a)
			continue
		}
		ts.Check(option(&o, name, value))
	}
	l.cloud = qliktest.New(o)
	for _, h := range hosts {
		t := l.cloud.AddTenant(qliktest.TenantSpec{Host: h})
		id, secret := "id-"+t.Region, "secret/of+"+t.Region
		l.cloud.AddRegionClient(t.Region, id, secret)
		ts.Setenv("QLIK_"+strings.ToUpper(t.Region)+"_CLIENT_ID", id)
		ts.Setenv("QLIK_"+strings.ToUpper(t.Region)+"_CLIENT_SECRET", secret)
	}
	addOrganization(ts, l)

	l.server = httptest.NewServer(l.made.around(l.watch.around(checkedTo(l.cloud, ts.Getenv("QDEPLOY_BREACHES")))))
	ts.Setenv("QDEPLOY_ENDPOINT", l.server.URL)
}

// addOrganization lets the program list all tenants.
func addOrganization(ts *testscript.TestScript, l *lab) {
	l.cloud.AddOrgClient("id-org", "secret/of+org")
	ts.Setenv("QLIK_ORG_CLIENT_ID", "id-org")
	ts.Setenv("QLIK_ORG_CLIENT_SECRET", "secret/of+org")
}

func option(o *qliktest.Options, name, value string) (err error) {
	switch name {
	case "items-lag":
		o.ItemsLag, err = time.ParseDuration(value)
	case "space-lag":
		o.SpaceLag, err = time.ParseDuration(value)
	case "publish-lag":
		o.PublishLag, err = time.ParseDuration(value)
	case "evaluation-time":
		o.EvaluationTime, err = time.ParseDuration(value)
	case "quota":
		_, err = fmt.Sscan(value, &o.ImportQuota)
	case "page-size":
		_, err = fmt.Sscan(value, &o.PageSize)
	case "professional", "analyzer":
		n := 0
		_, err = fmt.Sscan(value, &n)
		if o.Seats == nil {
			o.Seats = map[string]int{}
		}
		o.Seats[name] = n
	case "limits":
		o.NoLimits = value != "on"
	default:
		err = fmt.Errorf("cloud: unknown option %s", name)
	}
	return err
}

func (l *lab) record(c qliktest.Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, c)
}

// mood HOST|* WORD... makes a tenant, or all, misbehave from now on.
func cmdMood(ts *testscript.TestScript, neg bool, args []string) {
	l := labOf(ts)
	m, err := qliktest.ParseMood(strings.Join(args[1:], " "))
	ts.Check(err)
	if args[0] == "*" {
		l.cloud.SetMood(m)
		return
	}
	l.tenant(ts, args[0]).SetMood(m)
}

func (l *lab) tenant(ts *testscript.TestScript, host string) *qliktest.Tenant {
	t := l.cloud.Tenant(host)
	if t == nil {
		ts.Fatalf("the cloud has no tenant %s", host)
	}
	return t
}

// seed HOST WHAT ARG... puts something into a tenant that somebody else made.
func cmdSeed(ts *testscript.TestScript, neg bool, args []string) {
	t := labOf(ts).tenant(ts, args[0])
	rest := append(args[2:], "", "", "", "")
	switch args[1] {
	case "user": // SUBJECT [EMAIL]
		t.AddUser(qliktest.UserSpec{Subject: rest[0], Name: rest[0], Email: rest[1]})
	case "group": // NAME
		t.AddGroup(rest[0])
	case "space": // NAME TYPE [DESCRIPTION]
		t.AddSpace(qliktest.SpaceSpec{Name: rest[0], Type: rest[1], Description: rest[2]})
	case "member": // SPACE user|group|bot ASSIGNEE ROLE...
		t.AddAssignment(rest[0], rest[1], rest[2], args[5:]...)
	case "app": // SPACE NAME [DESCRIPTION [AGE]]
		age, err := time.ParseDuration(cmp.Or(rest[3], "0"))
		ts.Check(err)
		t.ImportApp(qliktest.AppSpec{Space: rest[0], Name: rest[1], Description: rest[2], Age: age, HasData: true})
	case "kept": // SPACE APP WHAT...
		t.Keep(rest[0], rest[1], args[4:]...)
	case "evaluation": // SPACE APP WORD...: what evaluations find of it from now on
		f, err := weight(args[4:])
		ts.Check(err)
		t.Weigh(rest[0], rest[1], f)
	case "quota": // ID NUMBER
		most, err := strconv.ParseFloat(rest[1], 64)
		ts.Check(err)
		t.SetQuota(rest[0], most)
	case "seat": // SUBJECT TYPE
		labOf(ts).cloud.Seat(t.Region, rest[0], rest[1])
	case "connection": // SPACE NAME
		t.AddConnection(qliktest.ConnectionSpec{Space: rest[0], Name: rest[1]})
	case "automation-connection": // SPACE NAME
		t.AddAutomationConnection(rest[0], rest[1])
	case "bot", "role", "app-of", "automation", "age":
		seedLeftover(ts, t, args[1], rest)
	case "data-alert": // SPACE APP NAME OWNER
		t.AddAlert(rest[0], rest[1], rest[2], rest[3])
	case "reload-task": // SPACE APP RRULE ZONE
		t.AddReloadTask(rest[0], rest[1], rest[2], rest[3])
	default:
		ts.Fatalf("seed: unknown thing %s", args[1])
	}
}

// calls [-v] [HOST] prints the requests since it was last asked: methods and
// paths without IDs, sorted, with counts.
func cmdCalls(ts *testscript.TestScript, neg bool, args []string) {
	l := labOf(ts)
	l.mu.Lock()
	defer l.mu.Unlock()
	n := map[string]int{}
	for _, c := range l.calls {
		if len(args) == 0 || c.Tenant == args[0] {
			n[c.Method+" "+plainPath(c.Path)]++
		}
	}
	l.calls = nil
	var lines []string
	for k, v := range n {
		lines = append(lines, fmt.Sprintf("%4d %s\n", v, k))
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[5:], b[5:]) })
	_, err := ts.Stdout().Write([]byte(strings.Join(lines, "")))
	ts.Check(err)
}

// plainPath puts {id} in place of IDs.
func plainPath(p string) string {
	parts := strings.Split(p, "/")
	for i, s := range parts {
		if len(s) >= 24 && strings.ContainsAny(s, "0123456789") {
			parts[i] = "{id}"
		}
	}
	return strings.Join(parts, "/")
}

// commit MESSAGE makes a repository of the working directory if it is none, and
// commits everything but what output is compared with.
func cmdCommit(ts *testscript.TestScript, neg bool, args []string) {
	dir := ts.MkAbs(".")
	repo, err := git.PlainInit(dir, false)
	if err == git.ErrRepositoryAlreadyExists {
		repo, err = git.PlainOpen(dir)
	}
	ts.Check(err)
	tree, err := repo.Worktree()
	ts.Check(err)
	tree.Excludes = append(tree.Excludes, gitignore.ParsePattern("*.golden", nil), gitignore.ParsePattern(".breaches", nil), gitignore.ParsePattern(".tmp", nil))
	ts.Check(tree.AddWithOptions(&git.AddOptions{All: true}))
	who := &object.Signature{Name: "dev", Email: "dev@example.com", When: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	_, err = tree.Commit(strings.Join(args, " "), &git.CommitOptions{Author: who, Committer: who})
	ts.Check(err)
}

// app FILE TITLE [SCRIPT] writes a QVF.
func cmdApp(ts *testscript.TestScript, neg bool, args []string) {
	script := ""
	if len(args) > 2 {
		script = args[2]
	}
	b, err := qvf.Encode(&qvf.App{
		Header:     json.RawMessage(`{"FileFormat":12000}`),
		Properties: json.RawMessage(fmt.Sprintf(`{"qTitle":%q}`, args[1])),
		Script:     script,
	})
	ts.Check(err)
	file := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(file[:strings.LastIndex(file, "/")], 0o755))
	ts.Check(os.WriteFile(file, b, 0o644))
}

// waitfile FILE waits until a file is there.
func cmdWaitFile(ts *testscript.TestScript, neg bool, args []string) {
	for range 1000 {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("%s did not appear", args[0])
}
