({
    start: function (cmp, event, helper) { helper.start(cmp); },
    stop: function (cmp, event, helper) { helper.stop(cmp); },
    onTabCreated: function (cmp, event, helper) { helper.pass(cmp, 'tabCreated', event); },
    onTabUpdated: function (cmp, event, helper) { helper.pass(cmp, 'tabUpdated', event); },
    onTabReplaced: function (cmp, event, helper) { helper.pass(cmp, 'tabReplaced', event); },
    onTabClosed: function (cmp, event, helper) { helper.pass(cmp, 'tabClosed', event); },
    onTabFocused: function (cmp, event, helper) { helper.pass(cmp, 'tabFocused', event); },
    onLogin: function (cmp, event, helper) { helper.pass(cmp, 'omniChannelLoginSuccess', event); },
    onLogout: function (cmp, event, helper) { helper.pass(cmp, 'omniChannelLogout', event); },
    onStatus: function (cmp, event, helper) { helper.pass(cmp, 'omniChannelStatusChanged', event); },
    onAssigned: function (cmp, event, helper) { helper.pass(cmp, 'omniChannelWorkAssigned', event); },
    onAccepted: function (cmp, event, helper) { helper.pass(cmp, 'omniChannelWorkAccepted', event); },
    onDeclined: function (cmp, event, helper) { helper.pass(cmp, 'omniChannelWorkDeclined', event); },
    onClosed: function (cmp, event, helper) { helper.pass(cmp, 'omniChannelWorkClosed', event); },
    onWorkload: function (cmp, event, helper) { helper.pass(cmp, 'omniChannelWorkloadChanged', event); },
    onConnectionError: function (cmp, event, helper) { helper.pass(cmp, 'omniChannelConnectionError', event); }
})
