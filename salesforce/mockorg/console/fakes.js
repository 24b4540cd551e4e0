// Fakes of the console APIs of Salesforce, as documented: every method takes one
// object and returns a promise that rejects with an Error; lists of channels and
// works are JSON text; ids may have 15 characters.
import { ask } from './org.js';

const short = (id) => (id || '').slice(0, 15);
const settle = (fn) => new Promise((resolve, reject) => {
  queueMicrotask(() => {
    try {
      resolve(fn());
    } catch (e) {
      reject(e);
    }
  });
});

const check = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';

/** The 18-character form of an id. */
export function long(id) {
  if (!/^[a-zA-Z0-9]{15}$/.test(id)) return id;
  let sum = '';
  for (const group of [id.slice(0, 5), id.slice(5, 10), id.slice(10)]) {
    sum += check[[...group].reduce((bits, c, i) => bits | (c >= 'A' && c <= 'Z' ? 1 << i : 0), 0)];
  }
  return id + sum;
}

/** lightning:workspaceAPI over the tabs of this page. */
export function workspaceAPI(workspace, closing) {
  const tab = (tabId) => {
    const found = workspace.find(tabId);
    if (!found) throw new Error(`There is no tab with the ID ${tabId}.`);
    return found;
  };
  const info = (t) => ({
    tabId: t.id, url: location.origin + t.url, pinned: false, closeable: true, title: t.title, icon: 'standard:record', iconAlt: t.object,
    customTitle: null, customIcon: null, customIconAlt: null, highlighted: !!t.highlighted,
    pageReference: { type: 'standard__recordPage', attributes: { objectApiName: t.object || null, recordId: t.recordId, actionName: 'view' }, state: {} },
    isSubtab: false, parentTabId: null, subtabs: [], focused: workspace.focused === t, recordId: t.recordId,
  });
  const recordOf = ({ pageReference, recordId, url }) => {
    const id = (pageReference && pageReference.attributes && pageReference.attributes.recordId) || recordId || ((url || '').match(/\/r\/(?:\w+\/)?(\w{15,18})(?:\/|$)/) || [])[1];
    if (!id) throw new Error('openTab needs a pageReference, a recordId or a url.');
    return long(id);
  };
  const open = async (args) => {
    const id = recordOf(args);
    await ask('GET', `/lightning/api/record/${encodeURIComponent(id)}`); // a record that is gone opens no tab
    return workspace.open(id, args.focus === true).id;
  };
  return {
    isConsoleNavigation: () => settle(() => true),
    openTab: (args) => open(args || {}),
    openSubtab: (args) => open(args || {}), // the mock has no subtabs
    focusTab: (args) => settle(() => { workspace.focus(tab(args.tabId)); return true; }),
    closeTab: (args) => settle(() => { closing(tab(args.tabId)); return true; }),
    refreshTab: (args) => settle(() => { tab(args.tabId).page.refresh(); return true; }),
    getFocusedTabInfo: () => settle(() => {
      if (!workspace.focused) throw new Error('No tab is focused.');
      return info(workspace.focused);
    }),
    getTabInfo: (args) => settle(() => info(tab(args.tabId))),
    getAllTabInfo: () => settle(() => workspace.tabs.map(info)),
    getEnclosingTabId: () => settle(() => false),
    isSubtab: (args) => settle(() => { tab(args.tabId); return false; }),
    getTabURL: (args) => settle(() => location.origin + tab(args.tabId).url),
    setTabLabel: (args) => settle(() => { tab(args.tabId).title = String(args.label); workspace.redraw(); return info(tab(args.tabId)); }),
    setTabHighlighted: (args) => settle(() => {
      tab(args.tabId).highlighted = args.highlighted ? args.options || {} : null;
      workspace.redraw();
      return info(tab(args.tabId));
    }),
  };
}

/** lightning:omniToolkitAPI over the org; view() is the widget's state, asked(work) that this page accepts. */
export function omniToolkitAPI(view, asked) {
  const channels = (status) => JSON.stringify(status.channels.map((c) => ({ channelId: short(c.channelId), developerName: c.developerName })));
  const status = (v) => {
    if (!v.status) throw new Error('The agent is not logged in to Omni-Channel.');
    return { statusName: v.status.label, statusApiName: v.status.api_name, statusId: short(v.status.id), channels: channels(v.status) };
  };
  const post = (what, body) => ask('POST', `/lightning/api/omni/${what}`, body);
  const fresh = () => ask('GET', '/lightning/api/omni');
  return {
    login: (args) => post('status', { status: args.statusId, toolkit: true }).then(() => true),
    logout: () => post('logout', {}).then(() => true),
    setServicePresenceStatus: (args) => post('status', { status: args.statusId, toolkit: true }).then(status),
    getServicePresenceStatusId: () => fresh().then(status),
    getServicePresenceStatusChannels: () => fresh().then((v) => ({ channels: status(v).channels })),
    getAgentWorks: () => fresh().then((v) => ({
      works: JSON.stringify(v.works.map((w) => ({ workItemId: short(w.record), workId: short(w.id), isEngaged: w.status === 'Opened' }))),
    })),
    acceptAgentWork: (args) => {
      asked(long(args.workId));
      return post('accept', { work: args.workId }).then(() => true);
    },
    declineAgentWork: (args) => post('decline', { work: args.workId, reason: args.declineReason || '' }).then(() => true),
    closeAgentWork: (args) => post('close', { work: args.workId }).then(() => true),
    getAgentWorkload: () => fresh().then((v) => ({
      configuredCapacity: v.capacity, currentWorkload: v.load, configuredInterruptibleCapacity: 0, currentInterruptibleWorkload: 0,
    })),
  };
}

/** lightning:utilityBarAPI as a component inside the item sees it. */
export function utilityBarAPI(bar, own) {
  const item = (args) => {
    const found = args && args.utilityId ? bar.find(args.utilityId) : own();
    if (!found) throw new Error(`There is no utility with the ID ${args && args.utilityId}.`);
    return found;
  };
  const info = (i) => ({
    id: i.id, isLoaded: true, utilityLabel: i.label, utilityIcon: i.iconName, utilityIconVariant: null, utilityHighlighted: i.highlighted, utilityVisible: i.visible,
    utilityPoppedOut: false, panelHeaderLabel: i.header, panelHeaderIcon: i.headerIcon, panelHeaderIconVariant: null, panelHeight: i.height, panelWidth: i.width,
  });
  const change = (args, fn) => settle(() => {
    const i = item(args);
    fn(i);
    bar.draw(i);
    return true;
  });
  return {
    getEnclosingUtilityId: () => settle(() => own().id),
    getUtilityInfo: (args) => settle(() => info(item(args))),
    getAllUtilityInfo: () => settle(() => bar.items.map(info)),
    openUtility: (args) => settle(() => { bar.open(item(args)); return true; }),
    minimizeUtility: (args) => settle(() => { bar.minimise(item(args)); return true; }),
    setUtilityLabel: (args) => change(args, (i) => { i.label = String(args.label); }),
    setUtilityIcon: (args) => change(args, (i) => { i.iconName = String(args.icon); }),
    setPanelHeaderLabel: (args) => change(args, (i) => { i.header = String(args.label); }),
    setPanelHeaderIcon: (args) => change(args, (i) => { i.headerIcon = String(args.icon); }),
    setUtilityHighlighted: (args) => change(args, (i) => {
      const options = args.options || {};
      Object.assign(i, { highlighted: args.highlighted === true, pulse: options.pulse === true, state: options.state || '' });
    }),
    setPanelHeight: (args) => change(args, (i) => { i.height = Number(args.heightPX); }),
    setPanelWidth: (args) => change(args, (i) => { i.width = Number(args.widthPX); }),
    onUtilityClick: (args) => settle(() => { item(args).listeners.push(args.eventHandler); return true; }),
    isUtilityPoppedOut: () => settle(() => false),
    disableUtilityPopOut: (args) => change(args, (i) => { i.popOut = !args.disabled; i.popOutText = args.disabledText || ''; }),
  };
}
