/* <kafka-trace>: stepping through a figure that is complete without it.

   The figure is the data. Every step is a list item that says in data- attributes which function it ran and which lines;
   every line of code knows its number; every bar of the lanes knows its step. This script adds buttons, keys and links,
   moves light around, and says where we are. No framework, no build, no request: it also runs from a file.

   A place is a link: #figure&s=12 is the id of a list item, so a browser without script finds it too. */

(() => {
  "use strict";

  const KEYS = [
    ["→  j", "next step"],
    ["←  k", "step before"],
    ["Home  End", "first step, last step, once the focus is in the figure"],
    ["t", "next step on the other thread"],
    ["l  L", "next line, line before: which steps ran it?"],
    ["Esc", "close this list; all steps at once"],
    ["?", "these keys"],
  ];

  /** "120-123,125*3" → Map { 120 → 1, …, 125 → 3 } */
  function parseLines(text) {
    const lines = new Map();
    for (const part of text.split(",").filter(Boolean)) {
      const [range, hits] = part.split("*");
      const [first, last] = range.split("-").map(Number);
      for (let line = first; line <= (last || first); line += 1) lines.set(line, Number(hits || 1));
    }
    return lines;
  }

  /** What an item of the list says about its step. */
  function readStep(item) {
    const { seq, parent, stage, thread, lines } = item.dataset;
    return {
      item,
      seq,
      parent,
      stage,
      thread,
      name: item.querySelector(".kt-name").textContent,
      sentence: item.querySelector(".kt-sentence").textContent,
      function: item.dataset.function,
      lines: parseLines(lines),
    };
  }

  function create(name, attributes, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }

  function setOrRemove(node, name, value) {
    if (value === null) node.removeAttribute(name);
    else node.setAttribute(name, value);
  }

  /** With shift, letters are other letters; anything else with a modifier is the browser's. */
  function isModified(event) {
    return event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key.length > 1);
  }

  // Keys pressed when nothing has the focus go to the figure in sight...

  const figures = [];
  let lastUsed = null;

  /** How many pixels of a figure's height are on the screen. One that was used last counts twice. */
  function sight(figure) {
    const { top, bottom } = figure.getBoundingClientRect();
    return Math.max(0, Math.min(bottom, innerHeight) - Math.max(top, 0)) * (figure === lastUsed ? 2 : 1);
  }

  document.addEventListener("keydown", (event) => {
    if (event.target !== document.body && event.target !== document.documentElement) return;
    const figure = figures.reduce((best, other) => (best && sight(best) >= sight(other) ? best : other), null);
    if (figure && sight(figure)) figure.onKey(event);
  });

  function isPlainClick(event) {
    return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  }

  class KafkaTrace extends HTMLElement {
    connectedCallback() {
      if (this.steps) return;
      if (document.readyState === "loading") {
        document.addEventListener("DOMContentLoaded", () => this.connectedCallback(), { once: true });
        return;
      }
      this.read();
      if (!this.steps.length) return;
      this.addBar();
      this.addMarker();
      this.listen();
      figures.push(this);
      this.goToAddress();
    }

    // Reading the figure...

    read() {
      this.steps = [...this.querySelectorAll(".kt-steps > li")].map(readStep);
      this.bySeq = new Map(this.steps.map((step, index) => [step.seq, index]));
      this.functions = new Map([...this.querySelectorAll(".kt-function")].map((node) => [node.dataset.function, node]));
      this.references = new Map([...this.querySelectorAll(".kt-calls a")].map((link) => [link.getAttribute("href"), link]));
      this.isExplorer = this.classList.contains("kt-explorer");
      this.recountedLines = [];
      this.at = -1;
      this.walking = false;
      this.fromAddress = false;
    }

    // Adding what only a script can use...

    addBar() {
      const button = (label, text, key, act) => {
        const node = create("button", { type: "button", title: `${label} (${key})`, "aria-label": label }, text);
        node.addEventListener("click", act);
        return node;
      };
      this.buttons = {
        first: button("First step", "⇤", "Home", () => this.jump(0)),
        back: button("Step back", "←", "← or k", () => this.walk(-1)),
        next: button("Step forward", "→", "→ or j", () => this.walk(1)),
        last: button("Last step", "⇥", "End", () => this.jump(this.steps.length - 1)),
      };
      this.help = button("Keys", "?", "?", () => this.toggleKeys());
      this.help.setAttribute("aria-expanded", "false");
      this.status = create("p", { class: "kt-status", role: "status" });
      this.keys = create("dl", { class: "kt-keys", hidden: "" });
      for (const [keys, meaning] of KEYS) this.keys.append(create("dt", {}, keys), create("dd", {}, meaning));
      const buttons = create("div", { class: "kt-buttons" }, ...Object.values(this.buttons), this.help);
      const bar = create("div", { class: "kt-bar", role: "group", "aria-label": "Stepping" }, buttons, this.status, this.keys);
      this.querySelector(".kt-panes").before(bar);
    }

    addMarker() {
      this.marker = create("div", { class: "kt-marker", hidden: "" });
      const lanes = this.querySelector(".kt-lanes");
      if (lanes) lanes.append(create("div", { class: "kt-track" }, this.marker));
    }

    listen() {
      this.addEventListener("click", (event) => this.onClick(event));
      this.addEventListener("keydown", (event) => this.onKey(event));
      this.addEventListener("focusin", (event) => { this.focusedByKey = event.target.matches(":focus-visible"); });
      window.addEventListener("popstate", () => this.goToAddress());
    }

    // What the reader does...

    onClick(event) {
      const target = event.target;
      if (!(target instanceof Element) || !isPlainClick(event)) return;
      lastUsed = this;
      const link = target.closest("a[href^='#']");
      const holder = target.closest(".kt-steps > li, .kt-lane g");
      const line = target.closest(".kt-line");
      if (link) {
        const index = this.indexOf(link.getAttribute("href"));
        if (index === undefined) return;
        event.preventDefault();
        this.jump(index);
      } else if (!String(window.getSelection())) {
        if (holder) this.jump(this.bySeq.get(holder.dataset.seq));
        else if (line && line.dataset.state) this.ask(line);
      }
    }

    onKey(event) {
      if (isModified(event)) return;
      const action = this.actionFor(event.key, event.target);
      if (!action) return;
      event.preventDefault();
      event.stopPropagation();
      lastUsed = this;
      action();
    }

    /** Up and down always scroll. So do left and right in code that was reached by key, Home and End outside of figures. */
    actionFor(key, target) {
      const inFigure = this.contains(target);
      const scrollsSideways = inFigure && this.focusedByKey && target.closest(".kt-code");
      const letters = {
        j: () => this.walk(1),
        k: () => this.walk(-1),
        t: () => this.otherThread(),
        l: () => this.nextLine(1),
        L: () => this.nextLine(-1),
        Escape: () => (this.keys.hidden ? this.overview() : this.toggleKeys()),
        "?": () => this.toggleKeys(),
      };
      const arrows = { ArrowRight: letters.j, ArrowLeft: letters.k };
      const ends = { Home: () => this.jump(0), End: () => this.jump(this.steps.length - 1) };
      return letters[key] || (inFigure && ends[key]) || (!scrollsSideways && arrows[key]) || undefined;
    }

    // Moving: a walk is one entry in the browser's history, however long; a jump is one each...

    walk(by) {
      const index = Math.min(Math.max(this.at + by, 0), this.steps.length - 1);
      if (index === this.at) return;
      this.show(index);
      this.remember(this.walking ? "replaceState" : "pushState");
      this.walking = true;
    }

    jump(index) {
      if (index === undefined) return;
      this.show(index);
      this.remember("pushState");
      this.walking = false;
    }

    otherThread() {
      const thread = this.at < 0 ? null : this.steps[this.at].thread;
      const index = this.steps.findIndex((step, number) => number > this.at && step.thread !== thread);
      if (index >= 0) this.jump(index);
    }

    overview() {
      if (this.at < 0) return;
      this.show(-1);
      this.remember("pushState");
      this.walking = false;
    }

    remember(how) {
      const address = this.at < 0 ? location.pathname + location.search : `#${this.steps[this.at].item.id}`;
      if (this.at >= 0 && location.hash === address) return;
      try {
        history[how](null, "", address);
      } catch {
        // A page from a file may not be allowed to change its address; the figure works all the same.
      }
      this.fromAddress = true;
    }

    indexOf(address) {
      const index = this.steps.findIndex((step) => `#${step.item.id}` === decodeURIComponent(address));
      return index < 0 ? undefined : index;
    }

    goToAddress() {
      const index = this.indexOf(location.hash);
      this.walking = false;
      if (index !== undefined) {
        this.show(index);
        this.scrollIntoView({ block: "nearest" });
        this.fromAddress = true;
        lastUsed = this;
      } else if (this.fromAddress || !this.started) {
        this.show(this.isExplorer ? this.bySeq.get(this.dataset.start) || 0 : -1);
        this.fromAddress = false;
      }
      this.started = true;
    }

    // Showing a step...

    show(index) {
      this.at = index;
      this.clearLight();
      const step = this.steps[index];
      this.toggleAttribute("data-at", Boolean(step));
      const ends = { first: index <= 0, back: index <= 0, next: index === this.steps.length - 1, last: index === this.steps.length - 1 };
      for (const [name, isEnd] of Object.entries(ends)) this.buttons[name].setAttribute("aria-disabled", String(isEnd));
      if (step) {
        step.item.setAttribute("aria-current", "step");
        this.lightBar(step);
        this.lightCode(step);
        this.scrollWithin(this.querySelector(".kt-list"), step.item);
      }
      this.tell(step);
    }

    clearLight() {
      for (const node of this.querySelectorAll(".kt-now, .kt-calling, .kt-same, .kt-asked")) {
        node.classList.remove("kt-now", "kt-calling", "kt-same", "kt-asked");
      }
      for (const node of this.querySelectorAll("[aria-current]")) node.removeAttribute("aria-current");
      for (const [line, hits] of this.recountedLines) setOrRemove(line, "data-hits", hits);
      this.recountedLines = [];
      this.marker.hidden = true;
    }

    lightBar(step) {
      const bar = this.querySelector(`.kt-lane g[data-seq="${step.seq}"]`);
      if (!bar) return;
      bar.classList.add("kt-now");
      const { x, width } = bar.querySelector("rect").attributes;
      const all = bar.ownerSVGElement.viewBox.baseVal.width;
      this.marker.style.left = `${(100 * x.value) / all}%`;
      this.marker.style.width = `${(100 * width.value) / all}%`;
      this.marker.hidden = false;
    }

    /** The lines of the step; or, where its function is not shown, the line of the nearest caller that is. */
    lightCode(step) {
      let shown = step;
      let calling = null;
      while (shown && !this.functions.has(shown.function)) {
        calling = this.referenceTo(shown) || calling;
        shown = this.steps[this.bySeq.get(shown.parent)];
      }
      calling = calling || (shown ? null : this.referenceTo(step));
      const node = shown ? this.functions.get(shown.function) : calling && calling.closest(".kt-function");
      if (calling) {
        calling.setAttribute("aria-current", "true");
        calling.closest(".kt-line").classList.add("kt-calling");
      } else if (shown) {
        for (const line of shown.lines.keys()) node.querySelector(`[data-line="${line}"]`).classList.add("kt-now");
        this.recount(node, shown.lines);
      }
      const isNew = this.isExplorer && node !== this.functionShown;
      if (isNew) for (const other of this.functions.values()) other.hidden = other !== node;
      this.functionShown = node;
      const codes = this.querySelector(".kt-codes");
      if (!node || !codes) return;
      const lit = node.querySelector(".kt-now, .kt-calling") || node;
      const head = this.isExplorer ? node.querySelector(".kt-head").offsetHeight : 40;
      if (isNew) this.openAt(codes, node, lit, head);
      else this.scrollWithin(codes, lit, head);
    }

    /** A function is shown from its top, or, if its light is far below, from there. */
    openAt(pane, node, lit, head) {
      pane.scrollTop = 0;
      node.style.minHeight = "";
      const depth = lit.getBoundingClientRect().top - pane.getBoundingClientRect().top;
      if (depth < pane.clientHeight / 3) return;
      node.style.minHeight = `${depth - head + pane.clientHeight}px`;
      pane.scrollTop = depth - head;
    }

    /** The gutter counts all listed steps; while one is shown, it counts that one. */
    recount(node, lines) {
      for (const line of node.querySelectorAll(".kt-line[data-hits]")) {
        this.recountedLines.push([line, line.dataset.hits]);
        const hits = lines.get(Number(line.dataset.line)) || 0;
        setOrRemove(line, "data-hits", hits > 1 ? hits : null);
      }
    }

    referenceTo(step) {
      return this.references.get(`#${step.item.id}`) || null;
    }

    /** Scroll a pane, never the page. */
    scrollWithin(pane, node, margin = 40) {
      if (!pane || pane.scrollHeight <= pane.clientHeight + 1) return;
      const frame = pane.getBoundingClientRect();
      const box = node.getBoundingClientRect();
      if (box.top >= frame.top + margin - 1 && box.bottom <= frame.bottom - 40) return;
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      pane.scrollBy({ top: box.top - frame.top - frame.height / 3, behavior: still ? "instant" : "smooth" });
    }

    tell(step) {
      if (!step) {
        this.status.textContent = `${this.steps.length} steps. Step through them with the buttons, or press → and ←.`;
        return;
      }
      const place = `step ${step.seq} · ${step.thread} thread · `;
      const shown = [...step.item.querySelectorAll(".kt-shown > div")].map((pair) => pair.textContent.replace("→gave back", "gave back "));
      const values = shown.length ? ` ${shown.join(", ")}` : "";
      this.status.replaceChildren(
        create("span", {}, place, create("strong", {}, step.name), " "),
        create("span", { class: "kt-now-says" }, step.sentence),
        create("span", { class: "kt-unseen" }, values),
      );
    }

    // Which steps ran this line?

    ask(line) {
      const where = line.closest(".kt-function").dataset.function;
      const number = Number(line.dataset.line);
      this.askedLine = line;
      for (const node of this.querySelectorAll(".kt-same, .kt-asked")) node.classList.remove("kt-same", "kt-asked");
      line.classList.add("kt-asked");
      const ran = this.steps.filter((step) => step.function === where && step.lines.has(number));
      for (const step of ran) {
        step.item.classList.add("kt-same");
        const bar = this.querySelector(`.kt-lane g[data-seq="${step.seq}"]`);
        if (bar) bar.classList.add("kt-same");
      }
      if (ran.length) this.scrollWithin(this.querySelector(".kt-list"), ran[0].item);
      const numbers = ran.map((step) => step.seq).join(", ");
      this.status.textContent = ran.length
        ? `Line ${number} ran in ${ran.length === 1 ? "step" : `${ran.length} steps:`} ${numbers}.`
        : `Line ${number} did not run in these steps.`;
    }

    nextLine(by) {
      const lines = [...this.querySelectorAll(".kt-function:not([hidden]) .kt-line[data-state]")];
      if (!lines.length) return;
      const before = lines.indexOf(this.askedLine);
      const line = lines[before < 0 ? 0 : (before + by + lines.length) % lines.length];
      this.ask(line);
      line.scrollIntoView({ block: "nearest" });
    }

    toggleKeys() {
      this.keys.hidden = !this.keys.hidden;
      this.help.setAttribute("aria-expanded", String(!this.keys.hidden));
    }
  }

  customElements.define("kafka-trace", KafkaTrace);
})();
