// The page's entry: makes the parts, and joins them.
import { App } from './app.js';
import { readConfig } from './config.js';

const app = new App({ win: window, config: readConfig(document) });
app.start();
