package deploy_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Ids of the tests, in both forms.
const (
	case15, case18     = "500Mk0000000001", "500Mk0000000001IAA"
	other18            = "500Mk0000000002IAA"
	work15, work18     = "0BzMk0000000001", "0BzMk0000000001KAA"
	status15, status18 = "0N5Mk0000000001", "0N5Mk0000000001KAA"
)

// TestBridge runs the bridge in a real browser, with its page in a frame of
// another origin. Each script runs in testdata/host.html and its value is
// compared as JSON.
func TestBridge(t *testing.T) {
	ids := strings.NewReplacer("CASE15", case15, "CASE18", case18, "OTHER18", other18, "WORK15", work15, "WORK18", work18, "STATUS15", status15, "STATUS18", status18)
	for _, c := range []struct{ name, script, want string }{
		{"leaves one name on the window", `return added`, `["OmnibridgeBridge"]`},
		{"greets", `await start(); return got`, `[{"kind":"ready","version":1,"console":true,"capabilities":["openRecord","closeRecord","setStatus","logout","getStatus","getWorks",
			"acceptWork","closeWork","declineWork","getWorkload","utility","openPanel","minimizePanel","showOmni","toast"],"theme":"light","user":"005Mk0000000003IAA",
			"org":"https://acme.lightning.force.com","omnibridge":1}]`},
		{"greets again after the page was loaded anew", `await start(); send({kind:'hello',versions:[1]}); await wait(() => got.length === 2); return got[1].kind`, `"ready"`},
		{"greets a newer page that still speaks 1", `await start({}, false); send({kind:'hello',versions:[2,1]}); await wait(() => got.length); return got[0].version`, `1`},
		{"refuses a page of no common version", `await start({}, false); send({kind:'hello',versions:[2]}); await wait(() => got.length); return got`,
			`[{"kind":"refused","code":"version","text":"this bridge speaks protocol 1","versions":[1],"omnibridge":1}]`},
		{"sees a dark page", `document.body.style.background = '#16181d'; await start(); return got[0].theme`, `"dark"`},
		{"takes the given theme", `await start({theme: 'dark'}); return got[0].theme`, `"dark"`},
		{"switches the pop-out off", `OmnibridgeBridge.create({frame:{}, pageOrigin:origins.page, utility}); await wait(() => calls.length === 2); return [asked('disableUtilityPopOut')[0].disabled, asked('onUtilityClick').length]`, `[true,1]`},

		{"opens a record", `await start(); const r = await call('openRecord', {recordId:'CASE15', focus:true}); return [r, asked('openTab'), await event('tabOpened')]`,
			`[{"tabId":"t1","already":false},[{"recordId":"CASE18","focus":true}],{"recordId":"CASE18","tabId":"t1"}]`},
		{"opens a record behind", `await start(); await call('openRecord', {recordId:'CASE18', focus:false}); return asked('openTab')`, `[{"recordId":"CASE18","focus":false}]`},
		{"focuses the tab there is", `await start(); await call('openRecord', {recordId:'CASE18', focus:true}); const r = await call('openRecord', {recordId:'CASE15', focus:true});
			return [r, asked('openTab').length, asked('focusTab')]`, `[{"tabId":"t1","already":true},1,[{"tabId":"t1"}]]`},
		{"leaves the tab there is where it is", `await start(); await call('openRecord', {recordId:'CASE18'}); const r = await call('openRecord', {recordId:'CASE18', focus:false});
			return [r, asked('focusTab')]`, `[{"tabId":"t1","already":true},[]]`},
		{"never makes two tabs of one record", `await start(); slow = 50; const rs = await Promise.all(['CASE15','CASE18','CASE15','CASE18'].map((id) => call('openRecord', {recordId:id, focus:true})));
			return [rs.map((r) => r.tabId), asked('openTab').length, events().filter((e) => e[0] === 'tabOpened').length]`, `[["t1","t1","t1","t1"],1,1]`},
		{"knows the tabs of before", `tabs = [{tabId:'old', recordId:'CASE15'}]; await start(); return [await call('openRecord', {recordId:'CASE18', focus:true}), asked('openTab')]`,
			`[{"tabId":"old","already":true},[]]`},
		{"finds a tab by its page reference", `tabs = [{tabId:'old', pageReference:{attributes:{recordId:'CASE18'}}}]; await start(); return call('openRecord', {recordId:'CASE18'})`, `{"tabId":"old","already":true}`},
		{"finds a tab by its address", `tabs = [{tabId:'old', url:'https://acme.lightning.force.com/lightning/r/LiveChatTranscript/CASE18/view?ws=x'}]; await start(); return call('openRecord', {recordId:'CASE18'})`,
			`{"tabId":"old","already":true}`},
		{"finds a subtab", `tabs = [{tabId:'top', recordId:'OTHER18', subtabs:[{tabId:'sub', recordId:'CASE15'}]}]; await start(); return call('openRecord', {recordId:'CASE18'})`, `{"tabId":"sub","already":true}`},
		{"opens a record again after its tab was closed", `await start(); await call('openRecord', {recordId:'CASE18', focus:true}); close('t1'); await event('tabClosed');
			return [await call('openRecord', {recordId:'CASE18', focus:true}), events().map((e) => e[0])]`, `[{"tabId":"t2","already":false},["tabOpened","tabClosed","tabOpened"]]`},
		{"opens a record again whose tab went without a word", `await start(); await call('openRecord', {recordId:'CASE18', focus:true}); tabs = [];
			return call('openRecord', {recordId:'CASE18', focus:true})`, `{"tabId":"t2","already":false}`},
		{"says that a record is gone", `await start(); fail.openTab = 'no such record'; send({kind:'call', id:'x', name:'openRecord', args:{recordId:'CASE18', focus:true}});
			await wait(() => got.find((m) => m.id === 'x')); return got.find((m) => m.id === 'x').error`, `{"code":"gone","text":"no such record"}`},
		{"does not call a record gone that the console just did not open", `await start(); fail.openTab = 'You have reached the maximum number of open tabs.'; send({kind:'call', id:'x', name:'openRecord', args:{recordId:'CASE18', focus:true}});
			await wait(() => got.find((m) => m.id === 'x')); return got.find((m) => m.id === 'x').error`, `{"code":"refused","text":"You have reached the maximum number of open tabs."}`},
		{"closes a record", `await start(); await call('openRecord', {recordId:'CASE18'}); const r = [await call('closeRecord', {recordId:'CASE15'}), await call('closeRecord', {recordId:'CASE15'})];
			return [r, asked('closeTab'), await event('tabClosed')]`, `[[{"closed":true},{"closed":false}],[{"tabId":"t1"}],{"recordId":"CASE18"}]`},

		{"tells of tabs that people open, focus and close", `await start(); tabs = [{tabId:'p', recordId:'CASE15'}]; bridge.event('tabCreated', {tabId:'p'}); await event('tabOpened');
			bridge.event('tabFocused', {previousTabId:null, currentTabId:'p'}); await event('tabFocused'); close('p'); await event('tabClosed'); return events()`,
			`[["tabOpened",{"recordId":"CASE18","tabId":"p"}],["tabFocused",{"recordId":"CASE18"}],["tabClosed",{"recordId":"CASE18"}]]`},
		{"tells of a tab closed before it could be looked up", `await start(); tabs = [{tabId:'quick', recordId:'CASE18'}]; slow = 50; bridge.event('tabCreated', {tabId:'quick'}); bridge.event('tabClosed', {tabId:'quick'});
			await settled(); await settled(); return [events(), asked('getTabInfo').length]`, `[[],1]`},
		{"tells of a record once however many tabs show it", `await start(); tabs = [{tabId:'a', recordId:'CASE18'}, {tabId:'b', recordId:'CASE18'}]; bridge.event('tabCreated', {tabId:'a'}); await event('tabOpened');
			bridge.event('tabCreated', {tabId:'b'}); await settled(); close('a'); await settled(); const first = events().length; close('b'); await event('tabClosed'); return [first, events().length]`, `[1,2]`},
		{"tells of a tab that goes to another record", `tabs = [{tabId:'a', recordId:'CASE18'}]; await start(); tabs = [{tabId:'a', recordId:'OTHER18'}]; bridge.event('tabUpdated', {tabId:'a'}); await event('tabOpened'); return events()`,
			`[["tabClosed",{"recordId":"CASE18"}],["tabOpened",{"recordId":"OTHER18","tabId":"a"}]]`},
		{"says nothing of tabs without a record", `await start(); tabs = [{tabId:'list', url:'https://acme.lightning.force.com/lightning/o/Case/list'}]; bridge.event('tabCreated', {tabId:'list'});
			bridge.event('tabFocused', {currentTabId:'list'}); bridge.event('tabFocused', {currentTabId:null}); bridge.event('tabClosed', {tabId:'list'}); await settled(); return events()`, `[]`},

		{"sets the status", `await start(); return [await call('setStatus', {statusId:'STATUS18'}), asked('setServicePresenceStatus')]`,
			`[{"statusId":"STATUS18","statusApiName":"Available","statusName":"Available","channels":[{"channelId":"0N9Mk0000000001KAA","developerName":"Chat"}]},[{"statusId":"STATUS15"}]]`},
		{"asks once more with 18 characters", `await start(); fail.setServicePresenceStatus = 'not allowed'; send({kind:'call', id:'x', name:'setStatus', args:{statusId:'STATUS15'}});
			await wait(() => got.find((m) => m.id === 'x')); return [asked('setServicePresenceStatus'), got.find((m) => m.id === 'x').error]`, `[[{"statusId":"STATUS15"},{"statusId":"STATUS18"}],{"code":"refused","text":"not allowed"}]`},
		{"reads the status", `await start(); const on = await call('getStatus'); fail.getServicePresenceStatusId = 'offline'; return [on.statusApiName, await call('getStatus')]`, `["Available",{"statusId":""}]`},
		{"logs out", `await start(); return [await call('logout', {}), calls]`, `[{},[["logout"]]]`},
		{"reads works and load", `await start(); return [await call('getWorks', {}), await call('getWorkload', {})]`,
			`[{"works":[{"workId":"WORK18","workItemId":"CASE18","isEngaged":true}]},{"configuredCapacity":100,"currentWorkload":51}]`},
		{"accepts, declines and closes", `await start(); const r = [await call('acceptWork', {workId:'WORK18'}), await call('declineWork', {workId:'WORK18', reason:'Not my skill'}), await call('declineWork', {workId:'WORK15'}),
			await call('closeWork', {workId:'WORK18'})]; return [r, calls]`,
			`[[{},{},{},{}],[["acceptAgentWork",{"workId":"WORK15"}],["declineAgentWork",{"workId":"WORK15","declineReason":"Not my skill"}],["declineAgentWork",{"workId":"WORK15"}],["closeAgentWork",{"workId":"WORK15"}]]]`},
		{"dresses the utility item", `await start(); await call('utility', {label:'ContactPad: 1 alerting', icon:'chat', highlighted:true, pulse:true, state:'warning'}); await call('utility', {icon:'ready'});
			await call('utility', {highlighted:false}); return calls`,
			`[["setUtilityLabel",{"label":"ContactPad: 1 alerting"}],["setUtilityIcon",{"icon":"chat"}],["setUtilityHighlighted",{"highlighted":true,"options":{"pulse":true,"state":"warning"}}],
			["setUtilityIcon",{"icon":"success"}],["setUtilityHighlighted",{"highlighted":false,"options":{"pulse":false}}]]`},
		{"opens, minimises and shows Omni-Channel", `await start(); const r = [await call('openPanel'), await call('minimizePanel'), await call('showOmni')]; return [r, calls]`,
			`[[{},{},{}],[["openUtility"],["minimizeUtility"],["getAllUtilityInfo"],["openUtility",{"utilityId":"u2"}]]]`},
		{"cannot show Omni-Channel where there is none", `await start({omniLabel:'Routing'}); return call('showOmni')`, `"unavailable"`},
		{"shows a toast", `await start(); await call('toast', {title:'Lost', text:'Trying again', variant:'warning'}); return toasts`, `[{"title":"Lost","message":"Trying again","type":"warning"}]`},
		{"tells whether its panel is shown", `await start(); await wait(() => listeners.length); listeners[0]({utilityId:'u', panelVisible:true}); return event('panel')`, `{"visible":true}`},
		{"tells the events of Omni-Channel", `await start(); const w = {workItemId:'CASE15', workId:'WORK15'};
			for (const n of ['Assigned','Accepted','Declined','Closed']) bridge.event('omniChannelWork' + n, w);
			bridge.event('omniChannelLoginSuccess', {statusId:'STATUS15'}); bridge.event('omniChannelStatusChanged', {...status, reason:'OmniManualStatusChange'}); bridge.event('omniChannelLogout', {});
			bridge.event('omniChannelWorkloadChanged', {configuredCapacity:100, previousWorkload:0, newWorkload:51}); bridge.event('omniChannelConnectionError', {error:'lost'}); bridge.event('nonsense', {});
			await settled(); return events()`,
			`[["workAssigned",{"workId":"WORK18","workItemId":"CASE18"}],["workAccepted",{"workId":"WORK18","workItemId":"CASE18"}],["workDeclined",{"workId":"WORK18","workItemId":"CASE18"}],
			["workClosed",{"workId":"WORK18","workItemId":"CASE18"}],["omniLogin",{"statusId":"STATUS18"}],
			["omniStatus",{"statusId":"STATUS18","statusApiName":"Available","statusName":"Available","channels":[{"channelId":"0N9Mk0000000001KAA","developerName":"Chat"}],"reason":"OmniManualStatusChange"}],
			["omniLogout",{}],["workload",{"configuredCapacity":100,"previousWorkload":0,"newWorkload":51}],["omniError",{"text":"lost"}]]`},
		{"says nothing before it is greeted", `await start({}, false); bridge.event('omniChannelLogout', {}); const r = await call('openRecord', {recordId:'CASE18'}); return [r, events(), asked('openTab')]`, `["refused",[],[]]`},

		{"offers only what the console has", `await start({omni:null, utility:{}, toast:null}); return [got[0].capabilities, await call('setStatus', {statusId:'STATUS18'})]`, `[["openRecord","closeRecord"],"unavailable"]`},
		{"opens no tabs outside a console", `workspace.isConsoleNavigation = () => Promise.resolve(false); await start(); return [got[0].console, got[0].capabilities.includes('openRecord'), await call('openRecord', {recordId:'CASE18'}), asked('openTab')]`,
			`[false,false,"unavailable",[]]`},
		{"outlives an API that throws", `await start(); throws.logout = 'broken'; return [await call('logout'), await call('getWorks')]`, `["refused",{"works":[{"workId":"WORK18","workItemId":"CASE18","isEngaged":true}]}]`},
		{"outlives works that are no JSON", `await start(); omni.getAgentWorks = () => Promise.resolve({works:'{'}); return call('getWorks')`, `{"works":[]}`},
		{"gives up on an API that hangs", `await start({patience:200}); hang.logout = true; return [await call('logout'), await call('getWorks').then((r) => r.works.length)]`, `["unavailable",1]`},
		{"goes on after a tab that hung", `await start({patience:200}); hang.openTab = true; const one = call('openRecord', {recordId:'CASE18'}); await wait(() => asked('openTab').length); const first = await one; hang.openTab = false;
			return [first, await call('openRecord', {recordId:'CASE18'})]`, `["unavailable",{"tabId":"t1","already":false}]`},
		{"refuses more than 100 open calls", `await start({patience:1500}); hang.logout = true; const all = Promise.all(Array.from({length:101}, () => call('logout'))); const one = await wait(() => got.find((m) => m.kind === 'reply'));
			const codes = await all; return [one.error.code, codes.filter((c) => c === 'refused').length, codes.filter((c) => c === 'unavailable').length, bridge.status().open, asked('logout').length]`, `["refused",1,100,0,100]`},
		{"carries out a repeated call once", `await start(); hang.logout = true; for (const id of ['x','x','x']) send({kind:'call', id, name:'logout'}); await settled(); return asked('logout').length`, `1`},

		{"refuses what it does not know", `await start(); send({kind:'party'}); await wait(() => got.find((m) => m.kind === 'refused'));
			return [got.find((m) => m.kind === 'refused').code, await call('eval', {}), await call('constructor'), await call('__proto__'), await call('toString')]`, `["unknown","unknown","unknown","unknown","unknown"]`},
		{"refuses calls without an id", `await start(); send({kind:'call', name:'logout'}); send({kind:'call', id:'', name:'logout'}); send({kind:'call', id:'x'.repeat(65), name:'logout'}); send({kind:'call', id:7, name:'logout'});
			await settled(); return [got.filter((m) => m.kind === 'refused').map((m) => m.code), asked('logout').length]`, `[["bad","bad","bad","bad"],0]`},
		{"never answers a refusal", `await start(); send({kind:'refused', code:'unknown'}); await settled(); return got.filter((m) => m.kind === 'refused').length`, `0`},
		{"refuses bad arguments", `await start(); return Promise.all([call('openRecord', {recordId:"500Mk000000000'"}), call('openRecord', {recordId:'CASE15AAA'}), call('openRecord', {recordId:'CASE15I'}), call('openRecord', {recordId:500}), call('openRecord'),
			call('openRecord', {recordId:'CASE18', focus:'yes'}), call('openRecord', ['CASE18']), call('openRecord', 'CASE18'), call('openRecord', null), call('declineWork', {workId:'WORK18', reason:'x'.repeat(201)}),
			call('utility', {label:'x'.repeat(101)}), call('utility', {icon:'skull'}), call('utility', {highlighted:true, state:'pink'}), call('toast', {title:'x', text:'x'.repeat(501)}), call('toast', {variant:'loud'}), call('setStatus', {statusId:''})])
			.then((r) => [r.filter((c) => c === 'bad').length, r.length, calls])`, `[16,16,[]]`},
		{"passes over what is not of the protocol", `await start(); const n = got.length; for (const m of [null, 7, 'hello', [], {kind:'call', id:'x', name:'logout'}, {omnibridge:2, kind:'call', id:'x', name:'logout'}, {omnibridge:1}]) post(frame, m);
			await settled(); return [got.filter((m) => m.kind !== 'reply').length === n, asked('logout'), bridge.status().refused >= 7]`, `[true,[],true]`},
		{"passes over a frame of another origin", `await start(); const evil = await framed(origins.other); const n = got.length; post(evil, {omnibridge:1, kind:'hello', versions:[1]}); post(evil, {omnibridge:1, kind:'call', id:'x', name:'logout'});
			await settled(); return [got.length - n, asked('logout')]`, `[1,[]]`},
		{"passes over another frame of the page's origin", `await start(); const twin = await framed(origins.page); const n = got.length; post(twin, {omnibridge:1, kind:'call', id:'x', name:'logout'}); await settled(); return [got.length - n, asked('logout')]`, `[1,[]]`},
		{"passes over its own frame once that shows another origin", `await start(); await new Promise((r) => { frame.onload = r; frame.src = origins.other + '/page.html'; }); got.length = 0; send({kind:'hello', versions:[1]}); send({kind:'call', id:'x', name:'logout'});
			bridge.event('omniChannelLogout', {}); let heard = 0; addEventListener('message', (e) => { if (e.data.name === 'logout') heard++; }); send({kind:'call', id:'y', name:'logout'}); await wait(() => heard); return [got, asked('logout')]`, `[[],[]]`},
		{"tells nothing after it was stopped", `await start(); bridge.stop(); send({kind:'call', id:'x', name:'logout'}); bridge.event('omniChannelLogout', {}); let heard = 0; addEventListener('message', (e) => { if (e.data.id === 'y') heard++; });
			send({kind:'call', id:'y', name:'logout'}); await wait(() => heard); return [events(), got.filter((m) => m.kind === 'reply'), asked('logout')]`, `[[],[],[]]`},

		{"takes only addresses that may be framed", `return ['https://pad.example.com/pad/?x#y', 'http://127.0.0.1:8080/pad/', 'http://localhost:1', 'http://pad.example.com/', 'javascript:alert(1)', 'data:text/html,x', '', undefined].map(OmnibridgeBridge.originOf)`,
			`["https://pad.example.com","http://127.0.0.1:8080","http://localhost:1","","","","",""]`},
		{"does not start with options that cannot work", `return [{}, {pageOrigin:'https://a.example'}, {pageOrigin:'https://a.example/pad/', frame:{}}, {pageOrigin:'http://a.example', frame:{}}, {pageOrigin:'*', frame:{}}, {pageOrigin:'null', frame:{}}].map((o) => {
			try { OmnibridgeBridge.create(o); return 'started'; } catch (e) { return e.message.split(':')[0]; } })`, `["OmnibridgeBridge","OmnibridgeBridge","OmnibridgeBridge","OmnibridgeBridge","OmnibridgeBridge","OmnibridgeBridge"]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := run(t, tab(t), "", ids.Replace(c.script))
			var want, have any
			if err := json.Unmarshal([]byte(ids.Replace(c.want)), &want); err != nil {
				t.Fatalf("the wanted value: %v", err)
			}
			if err := json.Unmarshal([]byte(got), &have); err != nil {
				t.Fatalf("the page returned %s: %v", got, err)
			}
			if a, b := fmt.Sprint(want), fmt.Sprint(have); a != b {
				t.Errorf("got\n%s\nwant\n%s", got, ids.Replace(c.want))
			}
		})
	}
}

// TestIDs compares the bridge's long ids with those computed here.
func TestIDs(t *testing.T) {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	given, want := []string{"0JR5i000001OXSg"}, []string{"0JR5i000001OXSgGAO"} // a real one
	for range 1000 {
		var short [15]byte
		for i := range short {
			short[i] = letters[rand.IntN(len(letters))]
		}
		given, want = append(given, string(short[:])), append(want, long(string(short[:])))
	}
	ids, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	var got, again []string
	ctx := tab(t)
	if err := json.Unmarshal([]byte(run(t, ctx, "", "return "+string(ids)+".map(OmnibridgeBridge.id18)")), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(run(t, ctx, "", "return "+string(ids)+".map(OmnibridgeBridge.id18).map(OmnibridgeBridge.id18)")), &again); err != nil {
		t.Fatal(err)
	}
	for i := range given {
		if got[i] != want[i] || again[i] != want[i] {
			t.Fatalf("%s became %s and then %s, want %s", given[i], got[i], again[i], want[i])
		}
	}
}

// long appends the check characters to an id (salesforce-omni 10).
func long(short string) string {
	id := short
	for group := range 3 {
		n := 0
		for i, c := range short[group*5 : group*5+5] {
			if strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZ", c) {
				n += 1 << i
			}
		}
		id += string("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[n])
	}
	return id
}
