({
    // The bridge listens before the frame loads, so that the page's first hello is heard.
    start: function (cmp) {
        var url = cmp.get('v.panelUrl');
        try {
            cmp.set('v.bridge', window.OmnibridgeBridge.create({
                pageOrigin: window.OmnibridgeBridge.originOf(url),
                frame: function () {
                    var frame = cmp.isValid() ? cmp.find('frame') : null;
                    return frame ? frame.getElement() : null;
                },
                workspace: cmp.find('workspace'),
                utility: cmp.find('utility'),
                omni: cmp.find('omni'),
                omniLabel: cmp.get('v.omniLabel'),
                userId: $A.get('$SObjectType.CurrentUser.Id'),
                orgOrigin: window.location.origin,
                wrap: function (fn) { return $A.getCallback(fn); },
                toast: $A.getCallback(function (message) {
                    var toast = $A.get('e.force:showToast');
                    if (toast) {
                        toast.setParams(message);
                        toast.fire();
                    }
                })
            }));
            cmp.set('v.frameUrl', url);
        } catch (e) {
            cmp.set('v.problem', 'ContactPad is not set up: its address is "' + url + '". An administrator can correct it in the App Manager, '
                + 'Utility Items, ContactPad. (' + e.message + ')');
        }
    },
    stop: function (cmp) {
        var bridge = cmp.get('v.bridge');
        if (bridge) {
            bridge.stop();
            cmp.set('v.bridge', null);
        }
    },
    pass: function (cmp, name, event) {
        var bridge = cmp.get('v.bridge');
        if (bridge) {
            bridge.event(name, event.getParams());
        }
    }
})
