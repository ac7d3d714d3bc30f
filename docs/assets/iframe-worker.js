/* A browser starts no Worker for a page that was opened from a disk. The site's search runs in one; so there, and only
   there, a hidden frame takes the Worker's place: a script with a global scope of its own, which answers messages. */

(() => {
  "use strict";

  if (location.protocol !== "file:") return;

  /* What a worker's script expects to find, written in the frame before that script. */
  const SCOPE = `
    window.postMessage = (data) => parent.postMessage(data, "*");
    window.importScripts = (...sources) => sources.reduce((before, source) => before.then(() => new Promise((done) => {
      const script = document.createElement("script");
      script.src = source;
      script.onload = done;
      document.body.append(script);
    })), Promise.resolve());
  `;

  class FrameWorker extends EventTarget {
    constructor(address) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.started = new Promise((done) => this.frame.addEventListener("load", done, { once: true }));
      this.frame.srcdoc = `<body><script>${SCOPE}</` + `script><script src="${address}"></` + `script></body>`;
      document.body.append(this.frame);
      window.addEventListener("message", (event) => this.hear(event));
    }

    hear(event) {
      if (event.source !== this.frame.contentWindow) return;
      const message = new MessageEvent("message", { data: event.data });
      this.dispatchEvent(message);
      if (this.onmessage) this.onmessage(message);
    }

    postMessage(data) {
      this.started.then(() => {
        this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data: structuredClone(data) }));
      });
    }

    terminate() {
      this.frame.remove();
    }
  }

  window.Worker = FrameWorker;
})();
