// The ContactPad item: the daemon's page in a frame, and the console bridge of
// the package between it and the APIs, just as the Aura component
// OmnibridgePanel has it.
import { h } from './dom.js';

/** Loads the bridge script, which is a plain one that hangs itself on window. */
function script(src) {
  return new Promise((resolve, reject) => {
    const el = h('script', { src, onload: resolve, onerror: () => reject(new Error(`${src} could not be loaded`)) });
    document.head.append(el);
  });
}

const explain = (...lines) => h('div', { class: 'empty-pad' }, h('p', {}, h('b', {}, 'ContactPad is not here yet.')), ...lines.map((l) => h('p', {}, l)));

/**
 * Puts ContactPad into the content element of its utility item. It resolves to
 * the function that takes the console's events, whether or not there is a panel.
 */
export async function contactPad({ session, content, workspace, utility, omni }) {
  if (!session.contactPadURL) {
    content.append(explain('The mock org has not been told the address of the panel. In "omnibridge demo" it knows; else set contactPadURL:',
      h('code', {}, `curl ${location.origin}/mock/v1/console -d '{"contactPadURL":"http://127.0.0.1:8080/pad/"}'`)));
    return () => {};
  }
  if (!session.bridge) {
    content.append(explain('No console bridge: deploy salesforce/package/contactpad into this org, or start it with a bridge of its own.'));
    return () => {};
  }
  try {
    await script('/lightning/resource/OmnibridgeBridge.js');
  } catch (e) {
    content.append(explain(String(e.message)));
    return () => {};
  }
  const { OmnibridgeBridge } = window;
  const frame = h('iframe', { title: 'ContactPad', class: 'pad', allow: OmnibridgeBridge.allow });
  let bridge;
  try {
    bridge = OmnibridgeBridge.create({
      frame, workspace, utility, omni, pageOrigin: OmnibridgeBridge.originOf(session.contactPadURL), userId: session.user.id, orgOrigin: location.origin,
      toast: ({ title, message, type }) => window.dispatchEvent(new CustomEvent('toast', { detail: { title, message, type } })),
    });
  } catch (e) {
    content.append(explain(String(e.message)));
    return () => {};
  }
  frame.src = session.contactPadURL;
  content.append(frame);
  window.addEventListener('pagehide', () => bridge.stop());
  return (name, params) => bridge.event(name, params);
}
