/**
 * Everything here is comfort: each page works without it. One small module per comfort, none knows another.
 */
import "./busy.js";
import "./complete.js";
import "./copy.js";
import "./dialogs.js";
import "./files.js";
import "./guard.js";
import "./jump.js";
import "./keys.js";
import "./live.js";
import "./menus.js";
import "./problems.js";
import "./rows.js";
import "./search.js";
import "./times.js";
import "./wait.js";
import "./when.js";
