// SPDX-License-Identifier: Apache-2.0
/** Connects the panels of the page, and loads what they show. */
import * as add from "./add.js";
import * as addresses from "./addresses.js";
import * as api from "./api.js";
import * as check from "./check.js";
import * as confirm from "./confirm.js";
import * as defaultEnforcement from "./default.js";
import { ZONE, byId, setText } from "./dom.js";
import * as domain from "./domain.js";
import * as enforcement from "./enforcement.js";
import { showReadError } from "./errors.js";
import * as history from "./history.js";
import * as overview from "./overview.js";
import * as refusals from "./refusals.js";
import * as selection from "./selection.js";
import { shown } from "./state.js";
import * as token from "./token.js";

let visit = new AbortController();

function hideDomain() {
    byId("domain-view").hidden = true;
    byId("all-domains").hidden = true;
    byId("refresh").hidden = true;
}

function clear() {
    shown.entries = [];
    confirm.closeDialog();
    hideDomain();
    for (const panel of [overview, add, addresses, enforcement, refusals, selection, history, check]) {
        panel.clear();
    }
    for (const message of document.querySelectorAll("main .message:not(#token-message)")) {
        message.textContent = "";
    }
}

async function loadDomain(signal, alsoLoaded) {
    byId("domain-form").setAttribute("aria-busy", "true");
    try {
        shown.entries = await api.list(shown.domain, signal);
        byId("domain-view").hidden = false;
        byId("all-domains").hidden = false;
        byId("refresh").hidden = false;
        addresses.showAddresses();
        await Promise.all([enforcement.loadEnforcement(), refusals.loadRefusals(), alsoLoaded]);
    } catch (e) {
        if (e.name !== "AbortError") {
            hideDomain();
        }
        showReadError("domain-message", e);
    } finally {
        if (!signal.aborted) {
            byId("domain-form").removeAttribute("aria-busy");
        }
    }
}

/** Loads again what is shown, and leaves it in place until the answers are there. */
async function load() {
    visit.abort();
    visit = new AbortController();
    shown.signal = visit.signal;
    setText("domain-message", "");
    const alsoLoaded = Promise.all([defaultEnforcement.loadDefault(), history.loadHistory()]);
    if (shown.domain === "") {
        await Promise.all([overview.loadOverview(), alsoLoaded]);
    } else {
        await loadDomain(visit.signal, alsoLoaded);
    }
}

function visitDomain() {
    shown.domain = domain.domainOfAddress();
    domain.showChoice(shown.domain);
    history.showRecentOnly();
    clear();
    load();
}

function loadAll() {
    domain.loadDomains();
    load();
}

token.start({
    onToken: loadAll,
    onDiscard: () => {
        domain.clearDomains();
        defaultEnforcement.clear();
        clear();
        loadAll();
    },
});
domain.start({ reload: load });
addresses.start({ reload: load });
add.start({ reload: load });
overview.start();
enforcement.start({ reload: load });
refusals.start({ reload: load, explain: check.explain });
selection.start({ reload: load });
check.start();
confirm.start();
window.addEventListener("hashchange", visitDomain);
setText("zone", `Times are of your zone, ${ZONE}.`);
domain.loadDomains();
visitDomain();
