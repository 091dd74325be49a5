package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func init() {
	maps.Copy(commands, map[string]func(*testscript.TestScript, bool, []string){
		"bot":     cmdBot,
		"cloudat": cmdCloudAt,
		"clock":   cmdClock,
		"publish": cmdPublish,
		"said":    cmdSaid,
		"owned":   cmdOwned,
		"writes":  cmdWrites,
	})
}

// clocks are the times of clouds whose clock stands still, in Unix seconds.
var clocks sync.Map // *lab → *atomic.Int64

func clockOf(l *lab) *atomic.Int64 {
	at, _ := clocks.LoadOrStore(l, &atomic.Int64{})
	return at.(*atomic.Int64)
}

// clock TIME sets the time of the program and of the cloud.
func cmdClock(ts *testscript.TestScript, neg bool, args []string) {
	at, err := time.Parse(time.RFC3339, args[0])
	ts.Check(err)
	clockOf(labOf(ts)).Store(at.Unix())
	ts.Setenv("NOW", args[0])
}

// cloudat TIME HOST... is cloud, with a clock that stands still, and its options.
func cmdCloudAt(ts *testscript.TestScript, neg bool, args []string) {
	l := labOf(ts)
	cmdClock(ts, neg, args[:1])
	at := clockOf(l)
	o := qliktest.Options{NoLimits: true, Calls: l.record, Now: func() time.Time { return time.Unix(at.Load(), 0).UTC() }}
	var hosts []string
	for _, a := range args[1:] {
		if name, value, ok := strings.Cut(a, "="); ok {
			ts.Check(option(&o, name, value))
		} else {
			hosts = append(hosts, a)
		}
	}
	l.cloud = qliktest.New(o)
	for _, h := range hosts {
		t := l.cloud.AddTenant(qliktest.TenantSpec{Host: h})
		l.cloud.AddRegionClient(t.Region, "id-"+t.Region, "secret/of+"+t.Region)
		ts.Setenv("QLIK_"+strings.ToUpper(t.Region)+"_CLIENT_ID", "id-"+t.Region)
		ts.Setenv("QLIK_"+strings.ToUpper(t.Region)+"_CLIENT_SECRET", "secret/of+"+t.Region)
	}
	addOrganization(ts, l)
	l.server = httptest.NewServer(l.watch.around(checkedTo(l.cloud, ts.Getenv("QDEPLOY_BREACHES"))))
	ts.Setenv("QDEPLOY_ENDPOINT", l.server.URL)
}

// bot HOST SPACE ROLE... makes a managed space of somebody else's, and lets the bot in.
func cmdBot(ts *testscript.TestScript, neg bool, args []string) {
	t := labOf(ts).tenant(ts, args[0])
	t.AddSpace(qliktest.SpaceSpec{Name: args[1], Type: "managed"})
	client := "id-" + strings.Split(args[0], ".")[1]
	t.AddBot(client)
	t.AddAssignment(args[1], "bot", `qlikbot\`+client, args[2:]...)
}

// publish HOST SPACE NAME FILE DESCRIPTION publishes an app as Ann would: a new one,
// or over the one of that name, whose ID stays. "! publish" makes a second one.
func cmdPublish(ts *testscript.TestScript, neg bool, args []string) {
	h, t := handIn(ts, args[0])
	space, name, description := args[1], args[2], args[4]
	content, err := os.ReadFile(ts.MkAbs(args[3]))
	ts.Check(err)
	const ann = "auth0|ann"
	if !t.HasUser(ann) {
		t.AddUser(qliktest.UserSpec{Subject: ann, Name: "Ann Smith"})
		t.AddSpace(qliktest.SpaceSpec{Name: "Workbench", Owner: person})
		t.AddAssignment(space, "user", person, "publisher")
	}
	app := qliktest.AppSpec{Space: space, Name: name, Description: description, Content: content, Owner: ann}
	live := "{app:" + space + "/" + name + "}"
	if neg || withIDs(t, live) == live {
		t.ImportApp(app)
		return
	}
	app.Space, app.Owner = "Workbench", person
	id := t.ImportApp(app)
	ts.Check(h.call("PUT", "/api/v1/apps/"+id+"/publish", withIDs(t, fmt.Sprintf(`{"targetId":%q,"checkOriginAppId":false,"data":"source"}`, live)), nil))
	ts.Check(h.call("DELETE", "/api/v1/apps/"+id, "", nil))
}

// owned SPACE prints, for each app in a space of this name in any tenant, what must
// outlive each release: its id, whether it has data, and what people have made in it.
func cmdOwned(ts *testscript.TestScript, neg bool, args []string) {
	for _, t := range labOf(ts).cloud.Tenants() {
		var d struct {
			Apps []struct {
				Space, Name, ID string
				HasData         bool
				Kept            []string
			}
		}
		ts.Check(json.Unmarshal(t.Dump(), &d))
		for _, a := range d.Apps {
			if a.Space == args[0] {
				fmt.Fprintf(ts.Stdout(), "%s %s %s data=%t %s\n", t.Host, a.Name, a.ID, a.HasData, strings.Join(a.Kept, ", "))
			}
		}
	}
}

// writes is calls without what only reads, and without logging in.
func cmdWrites(ts *testscript.TestScript, neg bool, args []string) {
	l := labOf(ts)
	l.mu.Lock()
	var writes []qliktest.Call
	for _, c := range l.calls {
		if c.Method != "GET" && c.Path != "/oauth/token" {
			writes = append(writes, c)
		}
	}
	l.calls = writes
	l.mu.Unlock()
	cmdCalls(ts, neg, args)
}

var stopToken = regexp.MustCompile(`(?m)^::(stop-commands::)?[A-Z2-7]{26}(::)?$`)

// said prints what a job has just printed, without what differs from run to run.
func cmdSaid(ts *testscript.TestScript, neg bool, args []string) {
	text := stopToken.ReplaceAllString(ts.ReadFile("stdout"), "::${1}TOKEN$2")
	_, err := ts.Stdout().Write([]byte(masked(labOf(ts).forge, text)))
	ts.Check(err)
}
