package deploy_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"omnibridge/salesforce/mockorg"
)

// The mock org's console in a real browser, with the bridge between it and a page
// of another origin.

func TestConsoleAcceptByKeyboard(t *testing.T) {
	t.Parallel()
	d := newOffice(t, nil).sit("ada").online("ada")
	id, pushed := d.work("Case", "Support_Cases", "ada")
	d.want(`"Omni-Channel: Available, 1 new"`, `await wait(() => $('.request')); return utility('Omni').querySelector('span').innerText`)
	d.want(`["Case 00000001","Support Cases",true,true]`, `const r = $('.request'); return [r.querySelector('b').innerText, r.querySelector('p').innerText.split(' · ').pop(), /^(9:\d\d|10:00)$/.test(r.querySelector('.clock').innerText), !!r.querySelector('.bar')]`)
	d.do(focus(`.request [data-key^="a"]`), chromedp.KeyEvent(kb.Enter))
	d.want(fmt.Sprintf(`["Case 00000001","/lightning/r/Case/%s/view",false]`, id), `await wait(() => $('.tab.here .tab-name').innerText.includes('Case 0')); return [text('.tab.here'), location.pathname, $('#panel-omni').hidden === false]`)
	if got := d.row(pushed)["Status"]; got != "Opened" {
		t.Errorf("the AgentWork is %v, want Opened", got)
	}
	// The tabs, by keyboard: to the left is Home, Delete closes, and the work ends with its tab.
	d.do(focus(`.tab.here .tab-name`), chromedp.KeyEvent(kb.ArrowLeft))
	d.want(`"home"`, `return document.activeElement.dataset.tab`)
	d.do(chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.Delete))
	d.until("the work is closed", func() bool { return d.row(pushed)["Status"] == "Closed" })
	d.want(`[1,"/lightning/page/home"]`, `await wait(() => $$('.tab').length === 1); return [$$('.tab').length, location.pathname]`)
}

func TestConsoleDecline(t *testing.T) {
	t.Parallel()
	d := newOffice(t, nil).sit("ada").online("ada")
	_, pushed := d.work("Case", "Support_Cases", "ada")
	d.js(`await wait(() => $('.request')); button('Decline').click()`)
	d.want(`["No reason","Wrapping up","Not my skill","On a break"]`, `return $$('.reasons button').map((b) => b.innerText)`)
	d.js(`button('Not my skill').click(); await wait(() => !$('.request'))`)
	if row := d.row(pushed); row["Status"] != "Declined" || row["DeclineReason"] != "Not my skill" {
		t.Errorf("declined: %v", row)
	}
	_, late := d.work("Case", "Support_Cases", "ada")
	d.js(`await wait(() => $('.request'))`)
	d.o.Clock().Advance(601 * time.Second)
	d.js(`await wait(() => !$('.request'))`)
	if got := d.row(late)["Status"]; got != "DeclinedOnPushTimeout" {
		t.Errorf("the AgentWork is %v", got)
	}
}

func TestConsoleStatus(t *testing.T) {
	t.Parallel()
	d := newOffice(t, nil).sit("ada")
	d.js(`utility('Omni').click()`)
	d.do(focus("#omni-status"), chromedp.KeyEvent("Busy"), chromedp.KeyEvent(kb.Enter))
	d.want(`["Omni-Channel: Busy","omni-status"]`, `await wait(() => text('.utility').includes('Busy')); return [text('.utility'), document.activeElement.id]`)
	d.js(`$('[data-key=auto]').click(); await wait(async () => (await (await fetch('/lightning/api/omni')).json()).auto_accept)`)
	d.js(`const s = $('#omni-status'); s.value = ''; s.dispatchEvent(new Event('change')); await wait(() => text('.utility') === 'Omni-Channel: Offline')`)
	state, err := d.o.Agent("ada").State()
	if err != nil || state.Status != "" || !state.AutoAccept {
		t.Errorf("the agent: %+v, %v; want offline, with auto-accept", state, err)
	}
}

func TestConsoleChat(t *testing.T) {
	t.Parallel()
	d := newOffice(t, nil).sit("ada").online("ada")
	id, pushed := d.work("LiveChatTranscript", "Support_Chat", "ada")
	d.js(`await wait(() => $('.request')); button('Accept').click(); await wait(() => $('.talk'))`)
	customer := d.visit(d.url + "/customer/")
	customer.js(`sessionStorage.setItem('mock-customer', JSON.stringify(['` + id + `']))`)
	customer.do(chromedp.Reload())
	customer.want(`"You are with Ada Okafor."`, `await wait(() => $('.says')); return text('.says')`)
	customer.js(`await wait(() => $('[name=say]'))`)
	customer.do(focus("[name=say]"), chromedp.KeyEvent("Where is my parcel?"), chromedp.KeyEvent(kb.Enter))
	d.want(`"Where is my parcel?"`, `await wait(() => $('.talk .customer')); return text('.talk .customer .said')`)
	d.do(focus("[name=say]"), chromedp.KeyEvent("On its "), focus("[name=say]"))
	customer.do(focus("[name=say]"), chromedp.KeyEvent("Hello?"), chromedp.KeyEvent(kb.Enter))
	d.want(`["say","On its "]`, `await wait(() => $$('.talk .customer').length === 2); return [document.activeElement.name, document.activeElement.value]`) // what comes disturbs nobody who types
	d.do(chromedp.KeyEvent("way."), chromedp.KeyEvent(kb.Enter))
	customer.want(`"On its way."`, `await wait(() => $('.thing .agent')); return text('.thing .agent .said')`)
	// Who reads what was said before stays there; the log is the same, so that it reads out what is new.
	d.js(`window.log = $('.talk .log'); for (let i = 0; i < 12; i++) await fetch('/customer/api/work/` + id + `/messages', {method: 'POST', body: '{"name":"Maria Lopez","text":"Are you there?"}'}); await wait(() => $$('.talk .customer').length === 14)`)
	d.want(`[true,true]`, `const end = () => log.scrollHeight - log.scrollTop - log.clientHeight < 2; await wait(end); return [log === $('.talk .log'), log.scrollHeight > log.clientHeight]`)
	d.js(`log.scrollTop = 0; await fetch('/customer/api/work/` + id + `/messages', {method: 'POST', body: '{"name":"Maria Lopez","text":"Well?"}'}); await wait(() => $$('.talk .customer').length === 15)`)
	d.want(`[true,0]`, `return [log === $('.talk .log'), log.scrollTop]`)
	// Closing the tab of a conversation asks first.
	d.js(`$('.tab-close').click(); await wait(() => $('dialog[open]')); $('dialog [value=stay]').click(); await wait(() => !$('dialog'))`)
	if got := d.row(pushed)["Status"]; got != "Opened" {
		t.Errorf("stayed, but the work is %v", got)
	}
	d.js(`$('.tab-close').click(); await wait(() => $('dialog[open]')); $('dialog [value=end]').click(); await wait(() => $$('.tab').length === 1)`)
	customer.want(`"The agent has ended it. Thank you."`, `await wait(() => text('.says').includes('ended')); return text('.says')`)
}

func TestConsoleCustomerPage(t *testing.T) {
	t.Parallel()
	f := newOffice(t, nil)
	d := f.visit(f.url + "/customer/")
	d.js(`await wait(() => $('form.start'))`)
	d.want(`[true,"Start chat"]`, `return [$('[value=call]').disabled && document.body.innerText.includes('Calls are off'), text('form.start .brand')]`)
	d.do(focus("[name=text]"), chromedp.KeyEvent("Where is my parcel?"), focus("form.start .brand"), chromedp.KeyEvent(kb.Enter))
	d.want(`["Chat Maria Lopez","You are number 1 in the queue.","Where is my parcel?"]`, `await wait(() => $('.thing')); return [text('.thing h2'), text('.says'), text('.thing .said')]`)
	d.do(focus("[value=chat]"), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight))
	d.want(`"Send case"`, `return text('form.start .brand')`)
	d.js(`$('form.start').requestSubmit(); await wait(() => $$('.thing').length === 2)`)
	d.js(`button('End chat').click(); await wait(() => $$('.says').some((p) => p.innerText === 'You have left.'))`)
	const titles = `await wait(() => $$('.thing h2').length === 2); return $$('.thing h2').map((e) => e.innerText)`
	before := d.js(titles)
	d.do(chromedp.Reload())
	d.want(before, titles) // also in their order
	// What could not be sent is still there.
	d.js(`await wait(() => button('Start chat')); button('Start chat').click(); await wait(() => $('.thing [name=say]'))`)
	d.do(focus(".thing [name=say]"), chromedp.KeyEvent("Hello"))
	d.want(`"Hello"`, `const real = fetch; window.fetch = (url, how) => (how.method === 'POST' ? Promise.reject(new TypeError('down')) : real(url, how)); $('.thing form.say').requestSubmit(); await wait(() => text('.thing .problem').includes('does not answer')); return $('.thing [name=say]').value`)
}

// TestConsoleLinkLost holds that a lost stream is told once, however often the page
// tries, and that what happened meanwhile is read when it is back.
func TestConsoleLinkLost(t *testing.T) {
	t.Parallel()
	d := newOffice(t, nil).sit("ada")
	d.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
			window.sockets = []; const Real = WebSocket;
			window.WebSocket = class extends Real { constructor(url) { super(window.down ? '/nothing' : url); sockets.push(this); } };`})
		return err
	}))
	id, _ := d.work("Case", "Support_Cases", "")
	d.do(chromedp.Navigate(d.url + "/lightning/r/Case/" + id + "/view"))
	d.js(`await wait(() => text('.record h1') === 'Case 00000001' && sockets.length > 0 && sockets[0].readyState === 1);
		window.told = []; new MutationObserver((list) => list.forEach((m) => m.addedNodes.forEach((n) => told.push(n.querySelector('b').innerText)))).observe($('.toasts'), { childList: true });
		window.down = true; sockets[0].close(); await wait(() => sockets.length >= 4)`)
	d.want(`["Connection lost"]`, `return told`)
	d.js(`await fetch('/lightning/api/record/` + id + `', {method: 'PATCH', body: JSON.stringify({fields: {Priority: 'High'}})}); window.down = false`)
	d.want(`["Connection lost","Connected again"]`, `await wait(() => text('.highlights').includes('High')); return told`)
}

func TestConsoleRecord(t *testing.T) {
	t.Parallel()
	d := newOffice(t, nil).sit("ada")
	id, _ := d.work("Case", "Support_Cases", "")
	d.do(chromedp.Navigate(d.url + "/lightning/r/Case/" + id + "/view"))
	d.js(`await wait(() => text('.record h1') === 'Case 00000001'); button('Edit').click(); await wait(() => $('form.fields'))`)
	d.do(focus("[name=Subject]"), chromedp.KeyEvent("Refund"))
	// Somebody else changes the record meanwhile: what is being typed stays, with the focus.
	other := d.beside(d.url + "/lightning/r/Case/" + id + "/view")
	other.js(`await wait(() => $('.record h1')); await fetch('/lightning/api/record/` + id + `', {method: 'PATCH', body: JSON.stringify({fields: {Priority: 'High'}})}); await wait(() => text('.highlights').includes('High'))`)
	d.want(`["Subject","Refund"]`, `await wait(() => text('.highlights').includes('High')); return [document.activeElement.name, document.activeElement.value]`)
	d.do(chromedp.KeyEvent(" not received"), chromedp.KeyEvent(kb.Enter))
	d.want(`"Refund not received"`, `await wait(() => !$('form.fields')); return text('.record-name p:last-child')`)
	d.js(`button('Edit').click(); await wait(() => $('[name=OwnerId]')); const o = $('[name=OwnerId]'); o.value = [...o.options].find((p) => p.text === 'Ben Lindqvist').value; o.dispatchEvent(new Event('change')); button('Save').click(); await wait(() => text('.highlights').includes('Ben'))`)
	d.until("no PSR is left", func() bool { return d.o.Records("PendingServiceRouting")[0]["IsDeleted"] == true })
	d.js(`button('Edit').click(); await wait(() => $('[name=SuppliedEmail]')); const e = $('[name=SuppliedEmail]'); e.type = 'text'; e.value = 'nonsense'; e.dispatchEvent(new Event('input')); button('Save').click()`)
	d.want(`[true,"nonsense"]`, `await wait(() => $('.record .problem')); return [text('.problem').includes('invalid email'), $('[name=SuppliedEmail]').value]`)
	if err := d.o.DeleteWork(id); err != nil {
		t.Fatal(err)
	}
	other.want(`"This record is not available"`, `await wait(() => text('.missing h1')); return text('.missing h1')`)
}

// TestConsoleBridge holds what the page in the frame can do and hears.
func TestConsoleBridge(t *testing.T) {
	t.Parallel()
	d := newOffice(t, nil).sit("ada")
	first, _ := d.work("Case", "Support_Cases", "")
	state, err := d.o.Agent("ada").State()
	if err != nil {
		t.Fatal(err)
	}
	d.want(fmt.Sprintf(`[true,"%s","%s",15,"autoplay; microphone"]`, state.ID, d.url), `await greet(); const r = got.find((m) => m.kind === 'ready'); return [r.console, r.user, r.org, r.capabilities.length, $('iframe').allow]`)
	// Records: opened, focused, closed; once, whichever form of the id.
	d.want(`[{"tabId":"ctab1","already":false},{"tabId":"ctab1","already":true},2]`, `const one = await call('openRecord', {recordId: '`+first+`', focus: true}), two = await call('openRecord', {recordId: '`+first[:15]+`', focus: true}); return [one, two, $$('.tab').length]`)
	d.want(fmt.Sprintf(`{"recordId":"%s","tabId":"ctab1"}`, first), `return heard('tabOpened')`)
	d.want(fmt.Sprintf(`[{"recordId":"%s"},{"tabId":"ctab2","already":false}]`, first), `await wait(() => $('.tab-close')); $('.tab-close').click(); return [await heard('tabClosed'), await call('openRecord', {recordId: '`+first+`', focus: false})]`)
	d.want(`[false,{"closed":true},1]`, `const here = $('.tab:last-child').classList.contains('here'); return [here, await call('closeRecord', {recordId: '`+first+`'}), $$('.tab').length]`)
	d.want(`"gone"`, `return call('openRecord', {recordId: '500Mk0000000099IAA', focus: true})`)
	// Omni-Channel.
	status := fmt.Sprint(d.o.Records("ServicePresenceStatus")[0]["Id"])
	d.want(`[{"statusId":""},"Available",4,"OmniToolkitStatusChange"]`, `const off = await call('getStatus'); const on = await call('setStatus', {statusId: '`+status+`'}); return [off, on.statusApiName, on.channels.length, (await heard('omniStatus')).reason]`)
	work, pushed := d.work("LiveChatTranscript", "Support_Chat", "ada")
	d.want(fmt.Sprintf(`[{"workId":"%s","workItemId":"%s"},{"works":[{"workId":"%[1]s","workItemId":"%[2]s","isEngaged":false}]},51]`, pushed, work), `return [await heard('workAssigned'), await call('getWorks'), (await call('getWorkload')).currentWorkload]`)
	d.want(`[{},true]`, `return [await call('acceptWork', {workId: '`+pushed+`'}), !!(await heard('workAccepted'))]`)
	d.want(`"Chat Maria Lopez"`, `await wait(() => text('.tab.here').startsWith('Chat')); return 'Chat Maria Lopez'`)
	d.want(`[{},true,"refused"]`, `return [await call('closeWork', {workId: '`+pushed+`'}), !!(await heard('workClosed')), await call('closeWork', {workId: '`+pushed+`'})]`)
	_, second := d.work("Case", "Support_Cases", "ada")
	d.js(`await wait(() => $('.request')); await call('declineWork', {workId: '` + second + `', reason: 'On a break'}); await wait(() => !$('.request'))`)
	if row := d.row(second); row["Status"] != "Declined" || row["DeclineReason"] != "On a break" {
		t.Errorf("declined: %v", row)
	}
	d.want(`[{},true]`, `return [await call('logout'), !!(await heard('omniLogout'))]`)
	// The utility item and its panel.
	d.want(`["ContactPad: 1 alerting , unread",true,true]`, `await call('utility', {label: 'ContactPad: 1 alerting', icon: 'chat', highlighted: true, pulse: true, state: 'warning'}); const b = utility('ContactPad'); return [b.textContent.replace(/,/, ' ,'), b.className.includes('highlighted warning'), b.className.includes('pulse')]`)
	d.want(`[false,true,false,true]`, `await call('openPanel'); const one = [$('#panel-contactpad').hidden]; utility('Omni').click(); one.push($('#panel-contactpad').hidden); utility('ContactPad').click(); one.push((await heard('panel')).visible !== true); await call('showOmni'); one.push($('#panel-contactpad').hidden && !$('#panel-omni').hidden); return one`)
	d.want(`"Connection lost Trying again."`, `await call('toast', {title: 'Connection lost', text: 'Trying again.', variant: 'warning'}); return text('.toast')`)
	if n := d.loads.Load(); n != 1 {
		t.Errorf("the panel's page was loaded %d times: hiding it must not", n)
	}
}

func TestConsoleReload(t *testing.T) {
	t.Parallel()
	d := newOffice(t, nil).sit("ada").online("ada")
	_, pushed := d.work("Case", "Support_Cases", "ada")
	other, _ := d.work("Case", "Support_Cases", "")
	d.js(`await wait(() => $('.request')); button('Accept').click(); await wait(() => text('.tab.here').startsWith('Case')); await greet(); await call('openRecord', {recordId: '` + other + `', focus: false}); await wait(() => $$('.tab').length === 3)`)
	d.do(chromedp.Reload())
	d.ready().want(`["Home","Case 00000001","Case 00000002","Case 00000001",1]`, `await wait(() => text('.tab:last-child') === 'Case 00000002'); await wait(() => $$('.work').length); return [...$$('.tab-name').map((t) => t.innerText), text('.tab.here'), $$('.work').length]`)
	if got := d.row(pushed)["Status"]; got != "Opened" {
		t.Errorf("the work is %v after a reload", got)
	}
	if state, err := d.o.Agent("ada").State(); err != nil || !state.Connected {
		t.Errorf("the agent after a reload: %+v, %v", state, err)
	}
}

// Of two pages of one agent, one opens what was accepted by itself.
func TestConsoleTwoPages(t *testing.T) {
	t.Parallel()
	one := newOffice(t, nil).sit("ada").online("ada")
	two := one.beside(one.url + "/lightning/page/home").ready()
	if err := one.o.Agent("ada").SetAutoAccept(true); err != nil {
		t.Fatal(err)
	}
	one.work("Case", "Support_Cases", "ada")
	one.js(`await wait(() => $$('.tab').length === 2)`)
	two.want(`[1,1]`, `await wait(() => $$('.work').length === 1); return [$$('.work').length, $$('.tab').length]`)
}

func TestConsoleExplainsWhatIsMissing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*mockorg.Options)
		want   string
	}{
		"no address": {func(o *mockorg.Options) { o.Console.ContactPadURL = "" }, "has not been told the address of the panel"},
		"no bridge":  {func(o *mockorg.Options) { o.Console.Bridge = nil }, "No console bridge"},
		"not https":  {func(o *mockorg.Options) { o.Console.ContactPadURL = "http://pad.example.com/pad/" }, "with https unless it is this machine"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := newOffice(t, c.change).sit("ada").js(`utility('ContactPad').click(); await wait(() => $('.empty-pad')); return text('.empty-pad')`); !strings.Contains(got, c.want) {
				t.Errorf("it says %s, want %q", got, c.want)
			}
		})
	}
}

func TestConsolePicker(t *testing.T) {
	t.Parallel()
	f := newOffice(t, nil)
	d := f.visit(f.url + "/")
	d.want(`[7,"Ada Okafor"]`, `await wait(() => $('.pick li')); return [$$('.pick li').length, text('.pick b')]`)
	d.do(chromedp.KeyEvent(kb.Enter), chromedp.WaitReady(chromedp.CSS(".omni-status"))) // the first has the focus; the page loads anew
	d.want(`"Hello, Ada"`, `await wait(() => text('.home h1')); return text('.home h1')`)
}

// TestConsoleExplain holds what the console says of a record's routing, and that
// its faults are those of the control plane.
func TestConsoleExplain(t *testing.T) {
	t.Parallel()
	d := newOffice(t, nil).sit("ada").online("ada")
	_, pushed := d.work("Case", "Support_Cases", "ada")
	d.js(`await wait(() => $('.request')); button('Accept').click(); await wait(() => text('.tab.here').startsWith('Case')); button('Explain').click()`)
	d.want(`["Case made, owner Support Cases","PSR made: external routing is asked for an agent","AgentWork Assigned: Ada Okafor is asked","PSR is pushed (serial 2)","Owner is Ada Okafor","AgentWork Opened: Ada Okafor has accepted","PSR deleted: nobody is looked for any more"]`,
		`await wait(() => $$('.explain li').length === 7); return $$('.explain li span').map((s) => s.innerText)`)
	if err := d.o.Agent("ada").Close(pushed); err != nil {
		t.Fatal(err)
	}
	d.want(`"AgentWork Closed: Ada Okafor is done"`, `await wait(() => $$('.explain li').length === 8); return text('.explain li:last-child span')`)
	d.js(`$('.faults').open = true; button('The next AgentWork is refused').click(); await wait(() => $('.toast.success'))`)
	if armed := d.o.Faults(); len(armed) != 1 || armed[0].Name != "lock-row" || armed[0].Object != "AgentWork" {
		t.Errorf("armed: %+v", armed)
	}
	d.js(`button('All faults off').click(); await wait(() => $$('.toast.success').length === 2)`)
	if armed := d.o.Faults(); len(armed) != 0 {
		t.Errorf("still armed: %+v", armed)
	}
	d.js(`button('My connection').click(); await wait(() => text('.utility').includes('Connection lost'))`)
}
