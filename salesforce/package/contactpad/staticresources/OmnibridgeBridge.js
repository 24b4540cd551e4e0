/*
 * OmnibridgeBridge 1.0.0, protocol 1 (PROTOCOL.md).
 *
 * Passes messages between ContactPad, which runs in a frame and has an origin of
 * its own, and the console APIs of Salesforce, which only a component of the
 * console may call:
 *
 *   frame --postMessage--> bridge --> workspaceAPI, omniToolkitAPI, utilityBarAPI
 *   frame <--postMessage-- bridge <-- their promises and events
 *
 * A plain script without dependencies, deployed as a static resource and loaded
 * by the Aura component OmnibridgePanel. It hangs one object on the window it is
 * given, touches no DOM but the frame element, and holds nothing that outlives
 * stop(). Nothing of it runs before create().
 *
 *   var bridge = window.OmnibridgeBridge.create({
 *     pageOrigin: 'https://pad.example.com',              // of the framed page, exactly
 *     frame: function () { return iframeElementOrNull; }, // it may come later
 *     workspace: api, utility: api, omni: api,            // as documented; each may be absent
 *     userId: '005…', orgOrigin: window.location.origin
 *   });
 *   bridge.event('tabClosed', { tabId: '…' });            // one call per console event
 *   bridge.stop();
 */
(function (root) {
  'use strict';

  var VERSION = '1.0.0';
  var PROTOCOL = 1;

  // What one page may ask for (PROTOCOL.md, "Bounds").
  var MOST_OPEN = 100; // calls being answered
  var MOST_TABS = 1000; // tabs remembered
  var PATIENCE = 8000; // ms until a call is given up; the page waits 10 s

  var CHECK = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';
  var ICONS = { call: 'call', chat: 'chat', warning: 'warning', offline: 'offline', ready: 'success' };
  var STATES = ['success', 'warning', 'error'];
  var VARIANTS = ['info', 'success', 'warning', 'error'];

  /** Why a call is answered with ok:false; the codes are those of the protocol. */
  function Refusal(code, text) {
    this.code = code;
    this.text = text;
  }

  function refusal(code, text) {
    return new Refusal(code, text);
  }

  /**
   * The 18-character form of an id of 15 or 18 characters, '' if it is none. The
   * last three characters tell which of the first fifteen are upper case.
   */
  function id18(id) {
    if (typeof id !== 'string' || !/^([a-zA-Z0-9]{15}|[a-zA-Z0-9]{18})$/.test(id)) {
      return '';
    }
    var long = id.slice(0, 15);
    for (var group = 0; group < 3; group++) {
      var bits = 0;
      for (var i = 0; i < 5; i++) {
        var c = id.charAt(group * 5 + i);
        if (c >= 'A' && c <= 'Z') {
          bits |= 1 << i;
        }
      }
      long += CHECK.charAt(bits);
    }
    return id.length === 15 || id === long ? long : '';
  }

  /** The origin of an address that may be framed, '' if it may not. */
  function originOf(address) {
    var url;
    try {
      url = new URL(String(address));
    } catch (e) {
      return '';
    }
    var loopback = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname) || /\.localhost$/.test(url.hostname);
    return url.protocol === 'https:' || (url.protocol === 'http:' && loopback) ? url.origin : '';
  }

  function isObject(v) {
    return typeof v === 'object' && v !== null && !Array.isArray(v);
  }

  function noop() {}

  // Reading what a page sends. Each returns the value or throws a Refusal.

  function wantId(args, name) {
    var id = id18(args[name]);
    if (!id) {
      throw refusal('bad', name + ' is not a Salesforce id of 15 or 18 characters');
    }
    return id;
  }

  function wantText(args, name, most) {
    var text = args[name];
    if (text === undefined || text === null) {
      return '';
    }
    if (typeof text !== 'string' || text.length > most) {
      throw refusal('bad', name + ' is not a text of at most ' + most + ' characters');
    }
    return text;
  }

  function wantFlag(args, name) {
    var flag = args[name];
    if (flag !== undefined && typeof flag !== 'boolean') {
      throw refusal('bad', name + ' is neither true nor false');
    }
    return flag === true;
  }

  function wantOne(args, name, values) {
    if (values.indexOf(args[name]) < 0) {
      throw refusal('bad', name + ' is none of ' + values.join(', '));
    }
    return args[name];
  }

  // Reading what the console says.

  /** A list that the toolkit hands over as JSON text, or as it is. */
  function listOf(value) {
    if (typeof value === 'string') {
      try {
        value = JSON.parse(value);
      } catch (e) {
        value = [];
      }
    }
    return Array.isArray(value) ? value : [];
  }

  function textOf(value) {
    return value === undefined || value === null ? '' : String(value);
  }

  function statusOf(result) {
    result = result || {};
    return {
      statusId: id18(result.statusId),
      statusApiName: textOf(result.statusApiName),
      statusName: textOf(result.statusName),
      channels: listOf(result.channels).map(function (c) {
        return { channelId: id18(c.channelId), developerName: textOf(c.developerName) };
      })
    };
  }

  /** The record that a tab shows, '' for tabs that show none. */
  function recordOf(info) {
    info = info || {};
    var id = id18(info.recordId);
    if (!id && info.pageReference && info.pageReference.attributes) {
      id = id18(info.pageReference.attributes.recordId);
    }
    if (!id) {
      var path = /\/r\/(?:\w+\/)?([a-zA-Z0-9]{15,18})(?:\/|$)/.exec(textOf(info.url));
      id = path ? id18(path[1]) : '';
    }
    return id;
  }

  function wordsOf(error) {
    var text = error && (error.message || error.text);
    return (typeof text === 'string' && text !== '' ? text : textOf(error) || 'no reason given').slice(0, 500);
  }

  /** Calls a console API; a throw, too, becomes a rejection. */
  function ask(api, method, args) {
    if (!can(api, method)) {
      return Promise.reject(refusal('unavailable', 'this console has no ' + method));
    }
    try {
      return Promise.resolve(args === undefined ? api[method]() : api[method](args));
    } catch (e) {
      return Promise.reject(e);
    }
  }

  function can(api, method) {
    return !!api && typeof api[method] === 'function';
  }

  /**
   * Calls the Omni toolkit with an id. Its own samples and events have ids of 15
   * characters, so that form goes first; a console that wants 18 gets them.
   */
  function askOmni(omni, method, key, id, more) {
    function args(form) {
      var a = {};
      a[key] = form;
      if (more) {
        Object.keys(more).forEach(function (k) { a[k] = more[k]; });
      }
      return a;
    }
    return ask(omni, method, args(id.slice(0, 15))).catch(function (first) {
      if (first instanceof Refusal) {
        throw first;
      }
      return ask(omni, method, args(id)).catch(function () { throw first; });
    });
  }

  /** An error of a console API as a Refusal of the given code. */
  function as(code) {
    return function (error) {
      throw error instanceof Refusal ? error : refusal(code, wordsOf(error));
    };
  }

  /** Words by which a console says that a record is deleted, or not for this user. */
  var GONE = /delet|exist|not found|no such|no longer|access|permission|privilege|cross.reference/i;

  /**
   * Which record is in which tab. The console tells of a closed tab after the
   * fact, by an id that nobody can look up any more, so it is remembered here.
   */
  function Tabs(workspace, tell) {
    var records = {}; // tab id -> record id
    var count = 0;
    var asking = {}; // tab id -> true while its record is being looked up
    var queues = {}; // record id -> the last openRecord of it

    function tabOf(recordId) {
      return Object.keys(records).filter(function (tab) { return records[tab] === recordId; })[0] || '';
    }

    function know(tabId, recordId) {
      if (!tabId || records[tabId] === recordId || !recordId) {
        return;
      }
      if (records[tabId]) {
        forget(tabId);
      }
      if (count >= MOST_TABS) {
        return;
      }
      var another = tabOf(recordId);
      records[tabId] = recordId;
      count++;
      if (!another) {
        tell('tabOpened', { recordId: recordId, tabId: tabId });
      }
    }

    function forget(tabId) {
      var recordId = records[tabId];
      delete asking[tabId];
      if (!recordId) {
        return;
      }
      delete records[tabId];
      count--;
      if (!tabOf(recordId)) {
        tell('tabClosed', { recordId: recordId });
      }
    }

    function look(tabId) {
      asking[tabId] = true;
      return ask(workspace, 'getTabInfo', { tabId: tabId }).then(function (info) {
        if (asking[tabId]) { // else it was closed meanwhile
          delete asking[tabId];
          var recordId = recordOf(info);
          if (recordId) {
            know(tabId, recordId);
          } else {
            forget(tabId);
          }
        }
      }, function () { delete asking[tabId]; });
    }

    function learn(infos) {
      listOf(infos).forEach(function (info) {
        know(textOf(info.tabId), recordOf(info));
        learn(info.subtabs);
      });
    }

    /** All there is, from the console itself. */
    function survey() {
      return ask(workspace, 'getAllTabInfo').then(learn);
    }

    function focus(tabId) {
      return ask(workspace, 'focusTab', { tabId: tabId });
    }

    /** Goes on with what cannot be found without a survey. */
    function find(recordId) {
      if (tabOf(recordId)) {
        return Promise.resolve(tabOf(recordId));
      }
      return survey().catch(noop).then(function () { return tabOf(recordId); });
    }

    function openNow(recordId, front) {
      return find(recordId).then(function (tabId) {
        if (!tabId) {
          return create(recordId, front);
        }
        var shown = front ? focus(tabId) : ask(workspace, 'getTabInfo', { tabId: tabId });
        return shown.then(function () {
          return { tabId: tabId, already: true };
        }, function () { // the tab went without a word
          forget(tabId);
          return create(recordId, front);
        });
      });
    }

    function create(recordId, front) {
      return ask(workspace, 'openTab', { recordId: recordId, focus: front }).then(function (tabId) {
        know(textOf(tabId), recordId);
        return { tabId: textOf(tabId), already: false };
      }, function (error) { // the console has no codes for why, only words
        return as(GONE.test(wordsOf(error)) ? 'gone' : 'refused')(error);
      });
    }

    /** Opens a record or focuses its tab: never two tabs of one record. */
    function open(recordId, front, patience) {
      var before = queues[recordId] || Promise.resolve();
      var mine = before.then(function () {
        return within(patience, openNow(recordId, front));
      });
      var after = mine.catch(noop).then(function () {
        if (queues[recordId] === after) {
          delete queues[recordId];
        }
      });
      queues[recordId] = after;
      return mine;
    }

    function close(recordId) {
      return find(recordId).then(function (tabId) {
        if (!tabId) {
          return { closed: false };
        }
        return ask(workspace, 'closeTab', { tabId: tabId }).then(function () {
          forget(tabId); // the event says so once more, or does not
          return { closed: true };
        }, as('refused'));
      });
    }

    return {
      open: open,
      close: close,
      survey: survey,
      look: look,
      forget: forget,
      recordIn: function (tabId) { return records[tabId] || ''; }
    };
  }

  /** A promise that gives up after some milliseconds. */
  function within(ms, promise) {
    return new Promise(function (resolve, reject) {
      var timer = setTimeout(function () {
        reject(refusal('unavailable', 'the console did not answer in ' + ms / 1000 + ' s'));
      }, ms);
      promise.then(function (value) {
        clearTimeout(timer);
        resolve(value);
      }, function (error) {
        clearTimeout(timer);
        reject(error);
      });
    });
  }

  /** What a page can call, by name: a function of its arguments, and whether this console can do it. */
  function callsOf(o, tabs) {
    function item() { // the utility item of Omni-Channel itself
      return ask(o.utility, 'getAllUtilityInfo').then(function (infos) {
        var found = listOf(infos).filter(function (u) { return textOf(u.utilityLabel).indexOf(o.omniLabel) === 0; })[0];
        if (!found) {
          throw refusal('unavailable', 'there is no utility item called ' + o.omniLabel);
        }
        return found;
      });
    }
    function work(method) {
      return {
        able: function () { return can(o.omni, method); },
        run: function (args) {
          return askOmni(o.omni, method, 'workId', wantId(args, 'workId')).then(function () { return {}; }, as('refused'));
        }
      };
    }
    function bar(method) {
      return {
        able: function () { return can(o.utility, method); },
        run: function () { return ask(o.utility, method).then(function () { return {}; }, as('refused')); }
      };
    }
    return {
      openRecord: {
        able: function (inConsole) { return inConsole && can(o.workspace, 'openTab'); },
        run: function (args) { return tabs.open(wantId(args, 'recordId'), wantFlag(args, 'focus'), o.patience); }
      },
      closeRecord: {
        able: function (inConsole) { return inConsole && can(o.workspace, 'closeTab'); },
        run: function (args) { return tabs.close(wantId(args, 'recordId')); }
      },
      setStatus: {
        able: function () { return can(o.omni, 'setServicePresenceStatus'); },
        run: function (args) {
          return askOmni(o.omni, 'setServicePresenceStatus', 'statusId', wantId(args, 'statusId')).then(statusOf, as('refused'));
        }
      },
      logout: {
        able: function () { return can(o.omni, 'logout'); },
        run: function () { return ask(o.omni, 'logout').then(function () { return {}; }, as('refused')); }
      },
      getStatus: {
        able: function () { return can(o.omni, 'getServicePresenceStatusId'); },
        run: function () { // it rejects while the agent is offline
          return ask(o.omni, 'getServicePresenceStatusId').then(statusOf, function () { return { statusId: '' }; });
        }
      },
      getWorks: {
        able: function () { return can(o.omni, 'getAgentWorks'); },
        run: function () {
          return ask(o.omni, 'getAgentWorks').then(function (result) {
            return { works: listOf(result && result.works !== undefined ? result.works : result).map(function (w) {
              return { workId: id18(w.workId), workItemId: id18(w.workItemId), isEngaged: w.isEngaged === true };
            }) };
          }, as('refused'));
        }
      },
      acceptWork: work('acceptAgentWork'),
      closeWork: work('closeAgentWork'),
      declineWork: {
        able: function () { return can(o.omni, 'declineAgentWork'); },
        run: function (args) {
          var reason = wantText(args, 'reason', 200); // more than AgentWork.DeclineReason holds is lost
          return askOmni(o.omni, 'declineAgentWork', 'workId', wantId(args, 'workId'), reason ? { declineReason: reason } : null)
            .then(function () { return {}; }, as('refused'));
        }
      },
      getWorkload: {
        able: function () { return can(o.omni, 'getAgentWorkload'); },
        run: function () {
          return ask(o.omni, 'getAgentWorkload').then(function (w) {
            return { configuredCapacity: Number(w.configuredCapacity) || 0, currentWorkload: Number(w.currentWorkload) || 0 };
          }, as('refused'));
        }
      },
      utility: {
        able: function () { return can(o.utility, 'setUtilityLabel'); },
        run: function (args) { return dress(o.utility, args); }
      },
      openPanel: bar('openUtility'),
      minimizePanel: bar('minimizeUtility'),
      showOmni: {
        able: function () { return can(o.utility, 'openUtility') && can(o.utility, 'getAllUtilityInfo'); },
        run: function () {
          return item().then(function (found) {
            return ask(o.utility, 'openUtility', { utilityId: found.id });
          }).then(function () { return {}; }, as('refused'));
        }
      },
      toast: {
        able: function () { return typeof o.toast === 'function'; },
        run: function (args) {
          o.toast({
            title: wantText(args, 'title', 100), message: wantText(args, 'text', 500),
            type: args.variant === undefined ? 'info' : wantOne(args, 'variant', VARIANTS)
          });
          return Promise.resolve({});
        }
      }
    };
  }

  /** Label, icon and highlight of the utility item: only what is named changes. */
  function dress(utility, args) {
    var steps = [];
    var label = wantText(args, 'label', 100);
    if (label) {
      steps.push(['setUtilityLabel', { label: label }]);
    }
    if (args.icon !== undefined) {
      steps.push(['setUtilityIcon', { icon: ICONS[wantOne(args, 'icon', Object.keys(ICONS))] }]);
    }
    if (args.highlighted !== undefined) {
      var options = { pulse: wantFlag(args, 'pulse') };
      if (args.state !== undefined) {
        options.state = wantOne(args, 'state', STATES);
      }
      steps.push(['setUtilityHighlighted', { highlighted: wantFlag(args, 'highlighted'), options: options }]);
    }
    return Promise.all(steps.map(function (s) { return ask(utility, s[0], s[1]); })).then(function () { return {}; }, as('refused'));
  }

  /** Whether the page around looks dark. */
  function themeOf(win) {
    try {
      var colour = /rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)/.exec(win.getComputedStyle(win.document.body).backgroundColor);
      if (colour && colour[4] !== '0') {
        return 0.299 * colour[1] + 0.587 * colour[2] + 0.114 * colour[3] < 128 ? 'dark' : 'light';
      }
      return win.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
    } catch (e) { // a sandbox may hide the page
      return 'light';
    }
  }

  function filled(options) {
    var o = {};
    Object.keys(options || {}).forEach(function (k) { o[k] = options[k]; });
    if (!o.pageOrigin || originOf(o.pageOrigin) !== o.pageOrigin) {
      throw new Error('OmnibridgeBridge: pageOrigin must be an origin such as https://pad.example.com, with https unless it is this machine');
    }
    if (!o.frame) {
      throw new Error('OmnibridgeBridge: frame is missing: the iframe element, or a function that returns it');
    }
    o.window = o.window || root;
    o.wrap = o.wrap || function (fn) { return fn; };
    o.omniLabel = o.omniLabel || 'Omni-Channel';
    o.patience = o.patience || PATIENCE;
    o.userId = id18(o.userId);
    o.orgOrigin = textOf(o.orgOrigin) || textOf(o.window.location && o.window.location.origin);
    return o;
  }

  /**
   * Starts a bridge. Options, beside those above: theme ('light' or 'dark', else
   * seen from the page), toast (function of {title, message, type}), wrap (around
   * every callback, $A.getCallback in Aura), omniLabel (of Omni-Channel's utility
   * item), window, patience (ms). Throws if the options cannot work.
   */
  function create(options) {
    var o = filled(options);
    var greeted = false; // the page has said hello since it was loaded
    var inConsole = false; // as of the last hello
    var stopped = false;
    var open = {}; // call ids being answered
    var openCount = 0;
    var refused = 0; // messages that were not for us or not of the protocol
    var tabs = Tabs(o.workspace, tell);
    var calls = callsOf(o, tabs);

    function frame() {
      return typeof o.frame === 'function' ? o.frame() : o.frame;
    }

    function post(message) {
      var f = frame();
      if (stopped || !f || !f.contentWindow) {
        return;
      }
      message.omnibridge = PROTOCOL;
      f.contentWindow.postMessage(message, o.pageOrigin);
    }

    function tell(name, data) {
      if (greeted) {
        post({ kind: 'event', name: name, data: data });
      }
    }

    function reply(id, message) {
      message.kind = 'reply';
      message.id = id;
      post(message);
    }

    function fail(id, error) {
      var r = error instanceof Refusal ? error : refusal('refused', wordsOf(error));
      reply(id, { ok: false, error: { code: r.code, text: r.text } });
    }

    function receive(event) {
      var f = frame();
      if (stopped || !f || event.source !== f.contentWindow || event.origin !== o.pageOrigin) {
        return; // other frames talk to this window, too
      }
      var m = event.data;
      if (!isObject(m) || m.omnibridge !== PROTOCOL || typeof m.kind !== 'string') {
        refused++;
        return;
      }
      switch (m.kind) {
      case 'hello':
        greet(m);
        break;
      case 'call':
        answer(m);
        break;
      case 'refused': // an answer to a refusal would never end
        break;
      default:
        refused++;
        post({ kind: 'refused', code: 'unknown', text: 'there is no kind ' + m.kind.slice(0, 40) });
      }
    }

    function greet(m) {
      if (!Array.isArray(m.versions) || m.versions.indexOf(PROTOCOL) < 0) {
        refused++;
        post({ kind: 'refused', code: 'version', text: 'this bridge speaks protocol ' + PROTOCOL, versions: [PROTOCOL] });
        return;
      }
      within(o.patience, ask(o.workspace, 'isConsoleNavigation')).catch(noop).then(o.wrap(function (is) {
        greeted = true;
        inConsole = is === true;
        post({
          kind: 'ready', version: PROTOCOL, console: inConsole,
          capabilities: Object.keys(calls).filter(function (name) { return calls[name].able(inConsole); }),
          theme: o.theme === 'dark' || o.theme === 'light' ? o.theme : themeOf(o.window), user: o.userId, org: o.orgOrigin
        });
      }));
    }

    function answer(m) {
      var id = m.id;
      if (typeof id !== 'string' || id === '' || id.length > 64) {
        refused++;
        post({ kind: 'refused', code: 'bad', text: 'a call needs an id of 1 to 64 characters' });
        return;
      }
      if (open['#' + id]) {
        return; // the first one is answered, once
      }
      if (openCount >= MOST_OPEN) {
        fail(id, refusal('refused', 'more than ' + MOST_OPEN + ' calls are open'));
        return;
      }
      var call = typeof m.name === 'string' && Object.prototype.hasOwnProperty.call(calls, m.name) ? calls[m.name] : null;
      if (!call) {
        fail(id, refusal('unknown', 'there is no call ' + textOf(m.name).slice(0, 40)));
        return;
      }
      if (!greeted) {
        fail(id, refusal('refused', 'say hello first, and wait for ready'));
        return;
      }
      if (!call.able(inConsole)) {
        fail(id, refusal('unavailable', 'this console has no ' + m.name));
        return;
      }
      if (m.args !== undefined && !isObject(m.args)) {
        fail(id, refusal('bad', 'args is not an object'));
        return;
      }
      open['#' + id] = true;
      openCount++;
      var running;
      try {
        running = call.run(m.args || {});
      } catch (e) {
        running = Promise.reject(e);
      }
      within(o.patience, running).then(function (result) {
        done(id);
        reply(id, { ok: true, result: result });
      }, function (error) {
        done(id);
        fail(id, error);
      });
    }

    function done(id) {
      delete open['#' + id];
      openCount--;
    }

    function works(name) {
      return function (p) {
        tell(name, { workId: id18(p.workId), workItemId: id18(p.workItemId) });
      };
    }

    // What to do with each event of the console, by the name it has without "lightning:".
    var events = {
      tabCreated: function (p) { tabs.look(textOf(p.tabId)); },
      tabUpdated: function (p) { tabs.look(textOf(p.tabId)); },
      tabReplaced: function (p) { tabs.look(textOf(p.tabId)); },
      tabClosed: function (p) { tabs.forget(textOf(p.tabId)); },
      tabFocused: function (p) {
        var tabId = textOf(p.currentTabId);
        if (!tabId) {
          return; // a navigation item
        }
        var known = tabs.recordIn(tabId) ? Promise.resolve() : tabs.look(tabId);
        known.then(function () {
          if (tabs.recordIn(tabId)) {
            tell('tabFocused', { recordId: tabs.recordIn(tabId) });
          }
        });
      },
      omniChannelLoginSuccess: function (p) { tell('omniLogin', { statusId: id18(p.statusId) }); },
      omniChannelLogout: function () { tell('omniLogout', {}); },
      omniChannelStatusChanged: function (p) {
        var status = statusOf(p);
        status.reason = textOf(p.reason);
        tell('omniStatus', status);
      },
      omniChannelWorkAssigned: works('workAssigned'),
      omniChannelWorkAccepted: works('workAccepted'),
      omniChannelWorkDeclined: works('workDeclined'),
      omniChannelWorkClosed: works('workClosed'),
      omniChannelWorkloadChanged: function (p) {
        tell('workload', {
          configuredCapacity: Number(p.configuredCapacity) || 0, previousWorkload: Number(p.previousWorkload) || 0,
          newWorkload: Number(p.newWorkload) || 0
        });
      },
      omniChannelConnectionError: function (p) { tell('omniError', { text: wordsOf(p.error || p.message || p) }); }
    };

    var listener = o.wrap(receive);
    o.window.addEventListener('message', listener);
    tabs.survey().catch(noop); // so that tabs of before are known when they close
    // A popped-out panel is another window: the frame would load anew and lose its call.
    ask(o.utility, 'disableUtilityPopOut', { disabled: true, disabledText: 'ContactPad stays in this window, or a call would be lost.' }).catch(noop);
    ask(o.utility, 'onUtilityClick', { eventHandler: o.wrap(function (p) {
      tell('panel', { visible: !!(p && p.panelVisible) });
    }) }).catch(noop);

    return {
      version: VERSION,
      /** Passes an event of the console on: its name without "lightning:", its parameters. */
      event: function (name, params) {
        if (!stopped && Object.prototype.hasOwnProperty.call(events, name)) {
          events[name](params || {});
        }
      },
      /** Tells the page whether its panel is shown, where the console can say so. */
      panel: function (visible) { tell('panel', { visible: visible === true }); },
      /** How it stands, for support. */
      status: function () { return { version: VERSION, protocol: PROTOCOL, greeted: greeted, open: openCount, refused: refused }; },
      /** Ends the bridge. Calls that are open get no answer. */
      stop: function () {
        stopped = true;
        o.window.removeEventListener('message', listener);
      }
    };
  }

  root.OmnibridgeBridge = {
    version: VERSION,
    protocol: PROTOCOL,
    /** What the frame must be allowed, in the markup: setting it later has no effect before the frame loads again. */
    allow: 'autoplay; microphone',
    id18: id18,
    originOf: originOf,
    create: create
  };
})(window);
