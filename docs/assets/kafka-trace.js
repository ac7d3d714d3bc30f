/* <kafka-trace>: stepping through a figure that is complete without it.

   The figure is the data. Every step is a list item that says in data- attributes which function it ran and which
   lines; every line of code knows its number; every bar of the lanes knows its step. This script adds buttons, keys and
   links, moves light around, and says where we are. An explorer also carries its recording as JSON
   (kafka_nio/book/data.py says what is in it), and gets panels from it: the watched state, decisions and causes, bytes,
   findings, a comparison. A recording of the reader's own takes the same way, read from a file. Nothing leaves the page.

   A place is a link: #figure&s=12 is the id of a list item, so a browser without script finds it too.

   In this file, from below: small helpers · Recording, the data · lints · alignment of two recordings · lanes and
   lists drawn from data · panels · the element. No framework, no build, no request: it also runs from a file. */

(() => {
  "use strict";

  // Helpers...

  /** An element: create("p", { class: "note" }, "text", node). An attribute that is null or false is left out. */
  function create(name, attributes = {}, ...children) {
    return furnish(document.createElement(name), attributes, children);
  }

  function createSvg(name, attributes = {}, ...children) {
    return furnish(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
  }

  function furnish(node, attributes, children) {
    for (const [key, value] of Object.entries(attributes)) {
      if (value === true) node.setAttribute(key, "");
      else if (value !== null && value !== false && value !== undefined) node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  }

  function createButton(text, act, attributes = {}) {
    const node = create("button", { type: "button", ...attributes }, text);
    node.addEventListener("click", act);
    return node;
  }

  function setOrRemove(node, name, value) {
    if (value === null) node.removeAttribute(name);
    else node.setAttribute(name, value);
  }

  /** Even the same value would be a change to the browser. */
  function setHidden(node, isHidden) {
    if (node.hidden !== isHidden) node.hidden = isHidden;
  }

  /** As replaceChildren, but what is there already is not touched: the browser lays out again whatever is. */
  function setChildren(parent, nodes) {
    const kept = new Set(nodes);
    for (const child of [...parent.childNodes]) if (!kept.has(child)) child.remove();
    let next = parent.firstChild;
    for (const node of nodes) {
      if (node === next) next = next.nextSibling;
      else parent.insertBefore(node, next);
    }
  }

  /** How many of the sorted values are smaller than this one; or, with `orEqual`, not greater. */
  function rank(sorted, value, keyOf, orEqual = true) {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const key = keyOf(sorted[middle]);
      if (key < value || (orEqual && key === value)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** "120-123,125*3" → Map { 120 → 1, …, 125 → 3 } */
  function parseLines(text, shift = 0) {
    const lines = new Map();
    for (const part of text.split(",").filter(Boolean)) {
      const [range, hits] = part.split("*");
      const [first, last] = range.split("-").map(Number);
      for (let line = first; line <= (last || first); line += 1) lines.set(line + shift, Number(hits || 1));
    }
    return lines;
  }

  const MS = 1_000_000; // in nanoseconds, as all times here

  function duration(ns) {
    if (ns < 1000) return `${ns} ns`;
    if (ns < MS) return `${Number((ns / 1000).toPrecision(3))} µs`;
    return `${Number((ns / MS).toPrecision(3))} ms`;
  }

  function plural(number, word) {
    return `${number} ${word}${number === 1 ? "" : "s"}`;
  }

  /** "1,234", as Python's format does it. */
  function thousands(number) {
    return String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ",");
  }

  // The recording...

  const SCHEMA = 2;
  const SELECTS = ["nio.Selector.select", "nio.Selector.select_now"];
  const FIRST_THREADS = ["app", "sender"];
  const BROKER = "broker-";

  class RecordingError extends Error {}

  /** The steps of one run, in the order in which they began; times in nanoseconds since the run's beginning. */
  class Recording {
    constructor({ name, steps, states, frames }) {
      this.name = name;
      this.steps = steps;
      this.frames = frames;
      this.bySeq = new Map(steps.map((step) => [step.seq, step]));
      this.keyframes = Object.entries(states).map(([seq, state]) => [this.bySeq.get(Number(seq)).start, state]);
      this.keyframes.sort((one, other) => one[0] - other[0]);
      this.changes = steps.flatMap((step) => step.changes.map(([at, values]) => ({ at, values, seq: step.seq })));
      this.changes.sort((one, other) => one.at - other.at);
      this.childrenOf = new Map();
      this.effects = new Map(); // links the other way round
      for (const step of steps) this.place(step);
      this.countPolls();
    }

    /** Where a step stands: below its caller, so deep. */
    place(step) {
      const parent = this.bySeq.get(step.parent);
      step.depth = parent ? parent.depth + 1 : 0;
      if (parent) this.childrenOf.set(step.parent, [...this.children(step.parent), step]);
      for (const [to, why] of step.links) this.effects.set(to, [...(this.effects.get(to) || []), [step.seq, why]]);
    }

    /** Which poll each step belongs to: its own thread's last one, or, on a thread without a loop, the sender's. */
    countPolls() {
      const isPoll = (step) => step.name === "Selector.poll";
      const isSelect = (step) => SELECTS.includes(step.name);
      this.polls = this.steps.filter(this.steps.some(isPoll) ? isPoll : isSelect);
      const polls = new Set(this.polls);
      const first = (this.polls.find((step) => !step.thread.startsWith(BROKER)) || this.polls[0] || {}).thread;
      const last = new Map(this.polls.map((step) => [step.thread, 0]));
      for (const step of this.steps) {
        if (polls.has(step)) last.set(step.thread, this.polls.indexOf(step) + 1);
        step.poll = last.get(step.thread) ?? last.get(first) ?? 0;
      }
    }

    get threads() {
      const place = (name) => FIRST_THREADS.indexOf(name) + 1 || FIRST_THREADS.length + 1;
      return [...new Set(this.steps.map((step) => step.thread))].sort((one, other) => place(one) - place(other));
    }

    get begin() {
      return Math.min(...this.steps.map((step) => step.start));
    }

    get end() {
      return Math.max(...this.steps.map((step) => step.end));
    }

    children(seq) {
      return this.childrenOf.get(seq) || [];
    }

    /** The steps that this one was called in, the innermost first. */
    ancestors(step) {
      const parent = this.bySeq.get(step.parent);
      return parent ? [parent, ...this.ancestors(parent)] : [];
    }

    /** How often a step happened: its own count, and those of the steps around it. */
    times(step) {
      return this.ancestors(step).reduce((times, around) => times * around.count, step.count);
    }

    /** The watched state at a time: the last whole state before, and what changed since. Back costs what forward does. */
    stateAt(time) {
      const number = rank(this.keyframes, time, (one) => one[0]) - 1;
      const [since, state] = this.keyframes[number] || [-Infinity, {}];
      const values = new Map(Object.entries(state));
      for (const { values: changed } of this.changesBetween(since, time)) {
        for (const [path, value] of Object.entries(changed)) {
          if (value === null) values.delete(path);
          else values.set(path, value);
        }
      }
      return values;
    }

    changesBetween(since, until) {
      return this.changes.slice(
        rank(this.changes, since, (one) => one.at),
        rank(this.changes, until, (one) => one.at),
      );
    }

    /** The steps that moved bytes of a message: its system calls. */
    movers(frame) {
      const size = frame.hex.length / 2;
      return this.steps.filter(({ moved }) => {
        if (!moved || moved[0] !== frame.connection || moved[1] !== frame.direction) return false;
        return moved[2] < frame.start + size && frame.start < moved[2] + moved[3];
      });
    }

    /** Everything a step or its system call is about, as one text in small letters. */
    textOf(step) {
      step.text ??= [
        `step ${step.seq}`,
        step.name,
        step.thread,
        step.error,
        ...step.about,
        ...Object.entries(step.shown).map(([name, value]) => `${name === "return" ? "gave back" : name} ${value}`),
        ...step.changes.flatMap(([, values]) => Object.entries(values).map(([path, value]) => `${path} ${value}`)),
        ...step.decisions.map(({ name, result }) => `${name} ${result}`),
      ]
        .join(" · ")
        .toLowerCase();
      return step.text;
    }

    /** The steps about a thing and about what carries it on: a record's batch, a batch's request, and its bytes. */
    about(thing) {
      const things = new Set([thing]);
      for (const [kind, carrier] of [
        ["record", "batch"],
        ["batch", "request"],
      ]) {
        for (const { about } of this.steps) {
          if (!about.some((one) => one.startsWith(kind) && things.has(one))) continue;
          about.filter((one) => one.startsWith(carrier)).forEach((one) => things.add(one));
        }
      }
      const steps = new Set(this.steps.filter(({ about }) => about.some((one) => things.has(one))));
      for (const step of [...steps].filter((one) => one.frame !== null)) {
        this.movers(this.frames[step.frame]).forEach((mover) => steps.add(mover));
      }
      return steps;
    }

    get things() {
      const order = ["record", "batch", "request", "connection"];
      const key = (thing) => order.indexOf(thing.split(" ")[0]) * 1e6 + Number(thing.split(" ")[1]);
      return [...new Set(this.steps.flatMap((step) => step.about))].sort((one, other) => key(one) - key(other));
    }

    /** Stretches of at least a millisecond in which nothing happened on any thread: [begin, end]. */
    get sleeps() {
      const times = [...new Set(this.steps.flatMap((step) => [step.start, step.end]))].sort(
        (one, other) => one - other,
      );
      return times
        .slice(1)
        .map((time, number) => [times[number], time])
        .filter(([begin, end]) => end - begin >= MS);
    }

    /** Reads a file as kafka_nio/tracing/reading.py does. */
    static parse(text, origin) {
      const read = { name: "", steps: [], states: {}, frames: [], sources: new Map(), writer: "" };
      const lines = text.split("\n");
      if (!lines.at(-1)) lines.pop();
      lines.forEach((line, number) => {
        try {
          readTurn(JSON.parse(line), read, origin);
        } catch (error) {
          if (error instanceof RecordingError) throw error;
          throw new RecordingError(`${origin}, line ${number + 1}: not a recording of kafka-nio (${error.message})`);
        }
      });
      if (!read.steps.length) throw new RecordingError(`${origin} holds no steps`);
      return new Recording(read);
    }
  }

  // OTLP's JSON. Its numbers of 64 bits are strings, because JavaScript's numbers end earlier...

  const READERS = {
    stringValue: String,
    intValue: Number,
    doubleValue: Number,
    boolValue: Boolean,
    bytesValue: (base64) =>
      Array.from(atob(base64), (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join(""),
  };

  function attributesOf(holder) {
    return Object.fromEntries(
      (holder.attributes || []).map(({ key, value: any }) => {
        const [[kind, value]] = Object.entries(any);
        return [key, READERS[kind](value)];
      }),
    );
  }

  function readTurn(line, read, origin) {
    if (!line?.resourceSpans?.length) throw new Error("it has no resourceSpans");
    const [
      {
        resource,
        scopeSpans: [{ spans }],
      },
    ] = line.resourceSpans;
    const about = attributesOf(resource);
    const schema = about["kafka_nio.schema"];
    if (schema === undefined) throw new Error("it has no kafka_nio.schema");
    if (schema !== SCHEMA) {
      const then = schema < SCHEMA ? "record again" : "a newer kafka-nio reads it";
      throw new RecordingError(`${origin}: recorded with schema ${schema}, this reads ${SCHEMA}: ${then}`);
    }
    read.name = about["kafka_nio.recording"];
    for (const span of spans) read.steps.push(readSpan(span, read));
  }

  function readSpan(span, read) {
    const all = attributesOf(span);
    const get = (name, otherwise = null) => all[`kafka_nio.${name}`] ?? otherwise;
    const json = (name, otherwise) => JSON.parse(get(name, otherwise));
    const where = all["code.function.name"];
    if (get("source")) read.sources.set(where, get("source"));
    read.origin ??= BigInt(span.startTimeUnixNano);
    const time = (text) => Number(BigInt(text) - read.origin);
    const number = (id) => parseInt(id, 16);
    const seq = number(span.spanId);
    const start = time(span.startTimeUnixNano);
    const shown = Object.entries(all).filter(([key]) => key.startsWith("kafka_nio.show."));
    if (get("state")) read.states[seq] = json("state");
    return {
      seq,
      start,
      end: time(span.endTimeUnixNano),
      parent: span.parentSpanId ? number(span.parentSpanId) : null,
      name: span.name,
      stage: get("stage"),
      thread: all["thread.name"],
      function: where,
      file: all["code.file.path"],
      line: all["code.line.number"],
      source: read.sources.get(where) || "",
      lines: get("lines", ""),
      count: get("count", 1),
      clipped: get("clipped", false),
      error: "error.type" in all ? (span.status || {}).message || all["error.type"] : null,
      error_type: all["error.type"] || null,
      shown: Object.fromEntries(shown.map(([key, value]) => [key.slice("kafka_nio.show.".length), value])),
      decisions: json("decisions", "[]").map(([name, line, operands, result, elsewhere]) => ({
        name,
        line,
        operands,
        result,
        function: elsewhere || where,
      })),
      changes: json("changes", "[]").map(([after, values]) => [start + after, values]),
      links: (span.links || []).map((link) => [number(link.spanId), attributesOf(link)["kafka_nio.link"]]),
      about: get("about", "").split(", ").filter(Boolean),
      frame: get("frame.data") === null ? null : read.frames.push(readFrame(get)) - 1,
      moved: json("moved", "null"),
    };
  }

  function readFrame(get) {
    let writer = "";
    const fields = JSON.parse(get("frame.fields", "[]")).map(([offset, length, name, value, writers]) => {
      writer = writers ?? writer;
      return [offset, length, name, value, writer];
    });
    const part = (name) => get(`frame.${name}`);
    return {
      connection: part("connection"),
      direction: part("direction"),
      api: part("api"),
      start: part("start"),
      hex: part("data"),
      fields,
    };
  }

  // Lints: what can be seen in a recording that should not be there. kafka_nio/tracing/lint explains each of them; names
  // and sentences here are the same, and a test sees to it...

  const MANY = 10;
  const LONG_MS = 200;
  const WAKEUP_MS = 30;
  const AT_ONCE = 1 * MS;
  const WAKEUP = "nio.Selector.wakeup";
  const SOCKET_READ = "nio.SocketChannel.read";
  const SOCKET_WRITE = "nio.SocketChannel.write";
  const KEY = /([^\s,[\]]+) ([A-Z]+(?:\|[A-Z]+)*|-)(?=[,\]])/g;
  const INTEREST = /^(?:.* )?channel (\S+) interest$/;
  const PROGRESS = [
    "KafkaChannel.set_send",
    "KafkaChannel.finish_connect",
    "KafkaChannel.close",
    "KafkaChannel.prepare",
    "ProducerBatch.close",
    "nio.ServerSocketChannel.accept",
    "nio.SocketChannel.connect",
  ];

  /** The channel that a step of KafkaChannel is about: its `self` begins with the channel's name. */
  function channelOf(step) {
    return step.name.startsWith("KafkaChannel.") && "self" in step.shown ? String(step.shown.self).split(":")[0] : null;
  }

  /** A select and what its thread did until the next one; `count` of them if they were folded into one. */
  class Round {
    constructor(select, count) {
      this.select = select;
      this.count = count;
      this.steps = [];
    }

    get found() {
      const result = this.select.shown.return;
      return typeof result === "number" ? result : null;
    }

    get endedAtOnce() {
      return this.select.end - this.select.start < AT_ONCE && !this.select.clipped;
    }

    get keysStep() {
      return this.steps.find(
        (step) => step.name === "Selector.poll_selection_keys" && step.shown.is_immediately_connected !== true,
      );
    }

    get ready() {
      const text = this.keysStep ? String(this.keysStep.shown.keys ?? "") : "";
      return [...text.matchAll(KEY)].map(([, channel, ops]) => ({ channel, ops: ops.split("|") }));
    }

    get makesProgress() {
      const moved = (step) => [SOCKET_READ, SOCKET_WRITE].includes(step.name) && step.shown.return > 0;
      return this.steps.some((step) => moved(step) || PROGRESS.includes(step.name));
    }

    /** The channel that was found writable and had nothing to write, if there is one. */
    get writesNothing() {
      for (const { channel, ops } of this.ready) {
        if (!ops.includes("WRITE")) continue;
        const writes = this.steps.filter((step) => step.name === "KafkaChannel.write" && channelOf(step) === channel);
        const inside = new Set(writes.map((step) => step.seq));
        if (writes.length && !this.steps.some((step) => step.name === SOCKET_WRITE && inside.has(step.parent)))
          return channel;
      }
      return null;
    }
  }

  /** A recording as lints see it: per thread, one round of the loop after another. */
  class Loops {
    constructor(recording) {
      this.recording = recording;
      this.steps = recording.steps;
      this.wakeups = this.steps.filter((step) => step.name === WAKEUP);
      const selects = this.steps.some((step) => SELECTS.includes(step.name)) ? SELECTS : ["Selector.select"];
      const loops = new Map();
      for (const step of this.steps) {
        const key = this.threadOf(step);
        if (!loops.has(key)) loops.set(key, []);
        const rounds = loops.get(key);
        if (selects.includes(step.name)) rounds.push(new Round(step, recording.times(step)));
        else if (rounds.length) rounds.at(-1).steps.push(step);
      }
      this.all = [...loops.values()].filter((rounds) => rounds.length);
    }

    /** Two producers' threads may have one name; they are two. */
    threadOf(step) {
      const outermost = this.recording.ancestors(step).at(-1) || step;
      return `${step.thread} ${outermost.name === "Sender.run" ? outermost.seq : ""}`;
    }

    /** Whether another thread called for this select's end after the select before it had ended. */
    wasWoken(before, { select }) {
      const others = this.wakeups.filter((step) => step.thread !== select.thread).map((step) => step.end);
      const first = others.filter((end) => end >= before.select.end).sort((one, other) => one - other)[0];
      return first !== undefined && first <= select.end;
    }
  }

  function* pairs(list) {
    for (let number = 1; number < list.length; number += 1) yield [list[number - 1], list[number]];
  }

  function total(rounds) {
    return rounds.reduce((sum, round) => sum + round.count, 0);
  }

  /** Each lint yields steps, by number, with what is wrong there. */
  const LINTS = {
    *"busy-spin"(loops) {
      const told = (run) =>
        total(run) < MANY
          ? []
          : [
              [
                run[0].select.seq,
                `${total(run)} selects in a row on ${run[0].select.thread} returned at once, and nothing came of them`,
              ],
            ];
      for (const rounds of loops.all) {
        let run = [];
        for (const [before, round] of pairs(rounds)) {
          const isAwake = !round.endedAtOnce || round.found === null || loops.wasWoken(before, round);
          if (!isAwake && !before.makesProgress && !round.makesProgress && !round.writesNothing) run.push(round);
          else {
            yield* told(run);
            run = [];
          }
        }
        yield* told(run);
      }
    },

    *"write-interest-stuck"(loops) {
      const told = (run, channel) =>
        total(run) < 2
          ? []
          : [
              [
                run[0].select.seq,
                `connection ${channel} waits for room to write and has nothing to write: ` +
                  `${total(run)} selects in a row ended for that alone`,
              ],
            ];
      for (const rounds of loops.all) {
        let [run, channel] = [[], null];
        for (const round of rounds) {
          const idle = round.writesNothing;
          if (run.length && idle !== channel) {
            yield* told(run, channel);
            run = [];
          }
          channel = idle;
          if (idle !== null) run.push(round);
        }
        yield* told(run, channel);
      }
    },

    *"key-not-consumed"(loops) {
      for (const round of loops.all.map((rounds) => rounds.find(hasMoreKeysThanFound)).filter(Boolean)) {
        const { seq, shown } = round.keysStep;
        yield [
          seq,
          `${keysOf(round)} selected keys are dealt with, and the select found ${round.found} ready: ` +
            (shown.keys ?? ""),
        ];
      }
    },

    *"self-wakeup"(loops) {
      for (const rounds of loops.all) {
        for (const [before, round] of pairs(rounds)) {
          const own = before.steps.find((step) => step.name === WAKEUP);
          const isInVain = own && round.found === 0 && round.endedAtOnce && !loops.wasWoken(before, round);
          if (!isInVain || !(round.select.shown.timeout_ms ?? 0)) continue; // with 0 it was not going to sleep anyway
          yield [own.seq, `${own.thread} wakes itself: its next select, step ${round.select.seq}, sleeps no more`];
        }
      }
    },

    *"blocking-wakeup"(loops) {
      for (const { seq, thread, start, end, count } of loops.wakeups) {
        if (end - start <= WAKEUP_MS * MS * count) continue;
        yield [
          seq,
          `${thread} was held up for ${thousands((end - start) / MS)} ms in a wakeup, which should never wait`,
        ];
      }
    },

    *"blocked-loop"(loops) {
      for (const rounds of loops.all) {
        const ends = rounds.slice(1).map((round) => round.select.start);
        ends.push(Math.max(0, ...rounds.at(-1).steps.map((step) => step.end)));
        for (const [number, round] of rounds.entries()) {
          if (ends[number] - round.select.end <= LONG_MS * MS) continue;
          const [step, took] = whereTheTimeWent(loops.recording, round, ends[number]);
          if (took > LONG_MS * MS) {
            yield [
              step.seq,
              `${step.thread} was away from its select, for ${thousands(took / MS)} ms in ${step.name} alone; ` +
                "no connection moves meanwhile",
            ];
          }
        }
      }
    },

    *starvation(loops) {
      for (const rounds of loops.all) {
        const passedOver = new Map();
        for (const round of rounds) {
          const served = new Set(round.steps.map(channelOf));
          for (const channel of served) passedOver.delete(channel);
          for (const channel of new Set(round.ready.map((key) => key.channel))) {
            if (!served.has(channel)) passedOver.set(channel, [...(passedOver.get(channel) || []), round]);
          }
        }
        for (const [channel, ignored] of passedOver) {
          if (total(ignored) < MANY || !ignored.some((round) => round.makesProgress)) continue;
          yield [
            ignored[0].select.seq,
            `connection ${channel} was ready ${total(ignored)} times from here on and was never served`,
          ];
        }
      }
    },

    *"connected-when-writable"(loops) {
      const believed = new Map();
      for (const step of loops.steps) {
        if (step.name === "nio.SocketChannel.finish_connect" && step.shown.return === true)
          believed.set(step.thread, step);
        const isLate = ["ConnectionRefusedError", "TimeoutError"].includes(step.error_type);
        if (![SOCKET_READ, SOCKET_WRITE].includes(step.name) || !isLate || !believed.has(step.thread)) continue;
        yield [
          believed.get(step.thread).seq,
          "the connection was taken for connected because it was writable; " +
            `step ${step.seq} met the truth, ${step.error_type}`,
        ];
        believed.delete(step.thread);
      }
    },

    *"interest-from-wrong-thread"(loops) {
      const told = new Set();
      const owners = new Set(loops.all.map((rounds) => rounds[0].select.thread));
      for (const step of loops.steps.filter(({ thread }) => owners.size && !owners.has(thread))) {
        for (const [at, values] of step.changes) {
          for (const [path, value] of Object.entries(values)) {
            const place = `${step.thread} ${path}`;
            if (!INTEREST.test(path) || value === null || told.has(place) || !ownerSleeps(loops, path, at)) continue;
            told.add(place);
            yield [
              step.seq,
              `${step.thread} sets what ${path.replace(/ interest$/, "")} waits for to ${value}, behind the back ` +
                "of the thread that selects",
            ];
          }
        }
      }
    },

    *"receives-not-cleared"(loops) {
      for (const isBroker of [false, true]) {
        const own = loops.all.filter((rounds) => rounds[0].select.thread.startsWith(BROKER) === isBroker);
        const left = own.map((rounds) => leftOver(loops.recording, rounds, isBroker));
        // The state does not say whose the receives are. What one loop leaves may be another's to clear.
        for (const path of left.length ? left[0].keys() : []) {
          if (!left.every((ofLoop) => ofLoop.has(path))) continue;
          const [step, value] = left
            .map((ofLoop) => ofLoop.get(path))
            .reduce((one, other) => (other[0].seq < one[0].seq ? other : one));
          yield [step.seq, `a new poll begins, and what the last one handed over is still there: ${value}`];
        }
      }
    },
  };

  function keysOf(round) {
    const many = /… (\d+) in all/.exec(round.keysStep.shown.keys ?? "");
    return many ? Number(many[1]) : round.ready.length;
  }

  function hasMoreKeysThanFound(round) {
    return round.keysStep && round.found !== null && keysOf(round) > round.found;
  }

  /** The step that took most of the time until then itself, and not in the steps that it called, and how much. */
  function whereTheTimeWent(recording, round, end) {
    const overlap = (step) => Math.max(Math.min(step.end, end) - Math.max(step.start, round.select.end), 0);
    let [longest, took] = [round.select, -1];
    for (const step of [...round.steps, ...recording.ancestors(round.select)]) {
      if (recording.times(step) !== 1) continue;
      const own = overlap(step) - recording.children(step.seq).reduce((sum, child) => sum + overlap(child), 0);
      if (own > took) [longest, took] = [step, own];
    }
    return [longest, took];
  }

  /** Whether the selector's own thread was in its select, so that it cannot have changed the interest itself. */
  function ownerSleeps(loops, path, at) {
    const owner = path.split("channel ")[0].trim();
    const isOwners = (thread) =>
      owner.startsWith(BROKER) ? thread.replace(/ processor$/, "") === owner : !thread.startsWith(BROKER);
    const own = loops.all.filter((rounds) => isOwners(rounds[0].select.thread));
    return (
      own.length > 0 &&
      own.every((rounds) => {
        const number = rank(rounds, at, (round) => round.select.start, false) - 1;
        return number >= 0 && at <= rounds[number].select.end;
      })
    );
  }

  /** The completed receives, by path, that outlived a clear of this loop, and the first that they outlived. */
  function leftOver(recording, rounds, isBroker) {
    const found = new Map();
    for (const step of rounds.flatMap((round) => round.steps)) {
      if (step.name !== "Selector.clear" || step.clipped) continue;
      const before = recording.stateAt(step.start);
      for (const [path, value] of recording.stateAt(step.end)) {
        if (!path.endsWith("completed receives") || path.startsWith(BROKER) !== isBroker) continue;
        if (value === before.get(path) && !found.has(path)) found.set(path, [step, value]);
      }
    }
    return found;
  }

  /** Everything that the lints find, in the order of the steps. */
  function lint(recording) {
    const loops = new Loops(recording);
    const findings = Object.entries(LINTS).flatMap(([name, look]) =>
      [...look(loops)].map(([seq, sentence]) => ({ lint: name, seq, sentence })),
    );
    return findings.sort((one, other) => one.seq - other.seq);
  }

  // Two recordings side by side...

  const MOST_ALIGNED = 2000; // steps of a thread: the table of the alignment has this many squared cells

  /** Both recordings, thread by thread, as rows [step or null, step or null]: equal in name and depth, or one alone. */
  function align(one, other) {
    return [...new Set([...one.threads, ...other.threads])].map((thread) => {
      const own = (recording) => recording.steps.filter((step) => step.thread === thread).slice(0, MOST_ALIGNED);
      return [thread, alignSteps(own(one), own(other))];
    });
  }

  function alignSteps(one, other) {
    const shapes = [one, other].map((steps) => steps.map((step) => `${step.name} ${step.depth}`));
    const width = other.length + 1;
    const longest = new Uint16Array((one.length + 1) * width); // of the longest common part from here to the end
    for (let row = one.length - 1; row >= 0; row -= 1) {
      for (let column = other.length - 1; column >= 0; column -= 1) {
        const here = row * width + column;
        longest[here] =
          shapes[0][row] === shapes[1][column]
            ? longest[here + width + 1] + 1
            : Math.max(longest[here + width], longest[here + 1]);
      }
    }
    const rows = [];
    for (let row = 0, column = 0; row < one.length || column < other.length;) {
      const here = row * width + column;
      if (row < one.length && column < other.length && shapes[0][row] === shapes[1][column])
        rows.push([one[row++], other[column++]]);
      else if (column === other.length || (row < one.length && longest[here + width] >= longest[here + 1]))
        rows.push([one[row++], null]);
      else rows.push([null, other[column++]]);
    }
    return rows;
  }

  /** What two aligned steps were shown differently: "timeout_ms: 0 → 5". */
  function differences(one, other) {
    const names = [...new Set([...Object.keys(one.shown), ...Object.keys(other.shown)])];
    const texts = names
      .filter((name) => one.shown[name] !== other.shown[name])
      .map((name) => [name === "return" ? "result" : name, one.shown[name] ?? "-", other.shown[name] ?? "-"])
      .map(([name, before, after]) => `${name}: ${before} → ${after}`);
    return one.count === other.count ? texts : [...texts, `times: ${one.count} → ${other.count}`];
  }

  /** What a recording took: rows of a table, [what, number]. */
  function totals(recording) {
    const own = recording.steps.filter((step) => !step.thread.startsWith(BROKER));
    const count = (...names) =>
      own.filter((step) => names.includes(step.name)).reduce((sum, step) => sum + recording.times(step), 0);
    const records = count("RecordAccumulator.append") || count("KafkaProducer.send");
    const perRecord = (number) =>
      records > 1 ? `${number}, ${Number((number / records).toPrecision(3))} a record` : String(number);
    const calls = [...SELECTS, SOCKET_READ, SOCKET_WRITE, "nio.SocketChannel.connect"];
    return [
      ["steps", String(recording.steps.length)],
      ["records", String(records)],
      ["wakeups", perRecord(count(WAKEUP))],
      ["selects", perRecord(count(...SELECTS))],
      ["system calls", perRecord(count(...calls))],
      ["it took", duration(recording.end - recording.begin)],
    ];
  }

  // Lanes and lists drawn from data, as the static ones are (kafka_nio/book/lanes.py and listing.py)...

  /** A lane per thread. `place` says where a time stands, between 0 and 1. */
  function drawLanes(recording, place) {
    const rows = recording.threads.map((thread) => {
      const own = recording.steps.filter((step) => step.thread === thread);
      const top = Math.min(...own.map((step) => step.depth));
      const depth = Math.max(...own.map((step) => step.depth)) - top + 1;
      const bars = own.map((step) => {
        const x = 1000 * place(step.start);
        const box = { x, y: step.depth - top, width: Math.max(1000 * place(step.end) - x, 1), height: 0.88 };
        const title = createSvg("title", {}, `${step.seq} ${step.name}, ${duration(step.end - step.start)}`);
        return createSvg("g", { "data-seq": step.seq, "data-stage": step.stage }, title, createSvg("rect", box));
      });
      const label = `${plural(own.length, "step")} on the ${thread} thread`;
      const svg = createSvg(
        "svg",
        {
          viewBox: `0 0 1000 ${depth}`,
          preserveAspectRatio: "none",
          role: "img",
          "aria-label": label,
          style: `--kt-rows:${depth}`,
        },
        ...bars,
      );
      return create(
        "div",
        { class: "kt-lane", "data-thread": thread },
        create("span", { class: "kt-thread" }, thread),
        svg,
      );
    });
    return create("div", { class: "kt-lanes kt-drawn" }, ...rows);
  }

  /** In logical order every begin and end of a step is as far from the next as any other. */
  function logicalPlace(recording) {
    const times = [...new Set(recording.steps.flatMap((step) => [step.start, step.end]))].sort(
      (one, other) => one - other,
    );
    return (time) => (rank(times, time, (one) => one) - 1) / Math.max(times.length - 1, 1);
  }

  function wallPlace(recording) {
    const { begin, end } = recording;
    return (time) => (time - begin) / Math.max(end - begin, 1);
  }

  const MOST_ITEMS = 20; // of a list, as in the lists that come with the page

  /** The steps as lists, a new one where the other thread takes over, or after so many steps. */
  function drawList(id, recording) {
    const list = create("div", { class: "kt-list", tabindex: 0, role: "group", "aria-label": "Steps" });
    const top = new Map();
    for (const { thread, depth } of recording.steps) top.set(thread, Math.min(depth, top.get(thread) ?? depth));
    let [thread, steps] = [null, null];
    for (const step of recording.steps) {
      const isTurn = step.thread !== thread;
      if (isTurn) list.append(create("p", { class: "kt-turn" }, step.thread));
      if (isTurn || steps.childElementCount === MOST_ITEMS) {
        thread = step.thread;
        steps = create("ol", { class: "kt-steps" });
        list.append(steps);
      }
      steps.append(drawItem(id, step, Math.min(step.depth - top.get(thread), 5)));
    }
    return list;
  }

  function drawItem(id, step, level) {
    const shown = Object.entries(step.shown).map(([name, value]) =>
      create("div", {}, create("dt", {}, name === "return" ? "gave back" : name), " ", create("dd", {}, String(value))),
    );
    return create(
      "li",
      {
        id: `${id}&s=${step.seq}`,
        value: step.seq,
        style: `--kt-level:${level}`,
        "data-seq": step.seq,
        "data-parent": step.parent,
        "data-stage": step.stage,
        "data-thread": step.thread,
        "data-function": step.function,
        "data-lines": step.lines,
      },
      create("a", { class: "kt-name", href: `#${id}&s=${step.seq}` }, step.name),
      create("span", { class: "kt-stage" }, step.stage),
      ...(step.count > 1 ? [create("span", { class: "kt-clipped" }, `×${step.count}`)] : []),
      ...(step.clipped ? [create("span", { class: "kt-clipped" }, "in part")] : []),
      create("dl", { class: "kt-shown" }, ...shown),
      ...(step.error ? [create("p", { class: "kt-error" }, `raised ${step.error}`)] : []),
    );
  }

  // Panels of the explorer. Each is a <details> that knows its figure and is told which step is shown...

  class Panel {
    constructor(figure, name, title) {
      this.figure = figure;
      this.title = create("summary", {}, title);
      this.body = create("div", { class: "kt-panel-body" });
      this.node = create("details", { class: `kt-panel kt-panel-${name}`, open: true }, this.title, this.body);
      this.node.addEventListener("toggle", () => this.node.open && this.show(this.step));
    }

    get recording() {
      return this.figure.recording;
    }

    /** The number of a step as a link to it. */
    link(seq) {
      const step = this.recording.bySeq.get(seq);
      if (!step) return create("span", {}, `step ${seq}`);
      const attributes = {
        href: `#${this.figure.id}&s=${seq}`,
        "data-stage": step.stage,
        "aria-label": `step ${seq}, ${step.name}`,
      };
      return create("a", { class: "kt-step-link", ...attributes }, String(seq));
    }

    show(step) {
      this.step = step;
      if (step && this.node.open) this.draw(step);
    }
  }

  /** The watched state when a step has ended; marked: what its own code changed, and what changed meanwhile. */
  class StatePanel extends Panel {
    constructor(figure) {
      super(figure, "state", "State");
      this.table = create("tbody");
      this.load();
    }

    load() {
      this.rows = new Map(); // path → what its row says, and the row
    }

    draw(step) {
      const [before, after] = [this.recording.stateAt(step.start), this.recording.stateAt(step.end)];
      const changers = new Map(); // path → the step that changed it last
      for (const { values, seq } of this.recording.changesBetween(step.start, step.end)) {
        for (const path of Object.keys(values)) changers.set(path, seq);
      }
      for (const [, values] of step.changes) Object.keys(values).forEach((path) => changers.set(path, step.seq));
      const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
      this.title.textContent = `State when step ${step.seq} has ended`;
      this.rows = new Map(
        paths.map((path) => [path, this.keptRow(path, before.get(path), after.get(path), changers.get(path), step)]),
      );
      setChildren(
        this.table,
        [...this.rows.values()].map(({ row }) => row),
      );
      if (!paths.length) this.body.textContent = "Nothing is watched in this recording.";
      else if (!this.body.contains(this.table))
        this.body.replaceChildren(create("table", { class: "kt-table" }, this.table));
    }

    /** The row that is there, if it says the same. */
    keptRow(path, before, after, changer, step) {
      const isChanged = changer !== undefined && before !== after;
      const isFollowed = isChanged && this.figure.followed.has(this.recording.bySeq.get(changer));
      const says = JSON.stringify(isChanged ? [before, after, changer, changer === step.seq, isFollowed] : [after]);
      const kept = this.rows.get(path);
      return kept?.says === says ? kept : { says, row: this.row(path, before, after, changer, step) };
    }

    row(path, before, after, changer, step) {
      const value = create("td");
      const row = create("tr", { "data-path": path }, create("th", { scope: "row" }, path), value);
      if (changer === undefined || before === after) {
        value.append(String(after));
        return row;
      }
      row.classList.add(changer === step.seq ? "kt-changed-here" : "kt-changed-inside");
      if (this.figure.followed.has(this.recording.bySeq.get(changer))) row.classList.add("kt-follow");
      value.append(
        create("del", {}, String(before ?? "nothing")),
        " → ",
        create("ins", {}, String(after ?? "gone")),
        " ",
      );
      value.append(
        ...(changer === step.seq
          ? [create("small", {}, "by this step")]
          : [create("small", {}, "by "), this.link(changer)]),
      );
      return row;
    }
  }

  /** The numbers of the lines that stand below a head, as far as they can run, and where the block ends. */
  function blockBelow(lines, head) {
    const indent = (line) => line.textContent.search(/\S/);
    const isAfter = (line, number) => number > head && indent(line) >= 0 && indent(line) <= indent(lines[head]);
    const after = lines.findIndex(isAfter);
    const end = after < 0 ? lines.length : after;
    const block = lines.slice(head + 1, end).filter((line) => line.dataset.state);
    return { end, numbers: block.map((line) => Number(line.dataset.line)) };
  }

  /** Why a step did what it did: what it decided and from what, whose work it goes on with, what it is about. */
  class WhyPanel extends Panel {
    constructor(figure) {
      super(figure, "why", "Why");
    }

    draw(step) {
      this.title.textContent = `Why: ${plural(step.decisions.length, "decision")} in step ${step.seq}`;
      const after = this.recording.effects.get(step.seq) || [];
      this.body.replaceChildren(
        ...step.decisions.map((decision) => this.decision(decision, step)),
        ...step.links.map(([to, why]) => create("p", {}, `goes on from (${why}) `, this.link(to))),
        ...after.map(([seq, why]) => create("p", {}, `goes on in (${why}) `, this.link(seq))),
        this.things(step),
      );
    }

    decision({ name, line, operands, result, function: where }, step) {
      const short = where.split(".").slice(-2).join(".");
      const from = Object.entries(operands).map(([operand, value]) =>
        create("div", {}, create("dt", {}, operand), " ", create("dd", {}, String(value))),
      );
      const node = create(
        "div",
        { class: "kt-decision", "data-result": String(result) },
        create("p", {}, create("code", {}, name), " = ", create("strong", {}, String(result)), " "),
        create("dl", { class: "kt-shown" }, ...from),
      );
      const lit = this.figure.lineOf(where, line, step);
      const place = `${where === step.function ? "" : `${short}, `}line ${line}`;
      node.firstChild.append(lit ? createButton(place, () => this.figure.showLine(lit)) : create("small", {}, place));
      const text = this.notTaken(name, lit, step, where);
      if (text) node.append(create("p", { class: "kt-not-taken" }, text));
      return node;
    }

    /** Which lines the decision kept from running: those below a condition that names it, or below its `else`. */
    notTaken(name, lit, step, where) {
      if (!lit || where !== step.function) return "";
      const lines = [...lit.closest(".kt-code").querySelectorAll(".kt-line")];
      const names = new RegExp(`\\b(if|elif|while)\\b.*\\b${name}\\b`);
      const head = lines.findIndex((line, number) => number >= lines.indexOf(lit) && names.test(line.textContent));
      if (head < 0) return "";
      const taken = blockBelow(lines, head);
      const isElse = /^\s*(else|elif)\b/.test((lines[taken.end] || lit).textContent);
      const ran = this.figure.steps[this.figure.bySeq.get(String(step.seq))].lines;
      const idle = [taken, ...(isElse ? [blockBelow(lines, taken.end)] : [])].filter(
        ({ numbers }) => numbers.length && !numbers.some((number) => ran.has(number)),
      );
      const which = ({ numbers }) =>
        numbers.length === 1 ? `line ${numbers[0]}` : `lines ${numbers[0]} to ${numbers.at(-1)}`;
      return idle.length
        ? `Not taken: ${idle.map(which).join(", ")}, because of line ${lines[head].dataset.line}.`
        : "";
    }

    things(step) {
      const buttons = step.about.map((thing) => createButton(`follow ${thing}`, () => this.figure.follow(thing)));
      return create("p", { class: "kt-things" }, ...buttons);
    }
  }

  const FEW = 48; // bytes: a longer field shows its ends, and both sides of where a system call cut it

  /** A message, byte by byte: which field a byte belongs to, who wrote it, which system call moved it. */
  class WirePanel extends Panel {
    constructor(figure) {
      super(figure, "wire", "Bytes");
      this.choice = create("select", { "aria-label": "Message" });
      this.choice.addEventListener("change", () => this.drawFrame(Number(this.choice.value)));
      this.bytes = create("div", {
        class: "kt-bytes",
        role: "group",
        "aria-label": "Bytes; arrow keys go from one to the next",
      });
      this.says = create("p", { class: "kt-byte", "aria-live": "polite" });
      this.body.append(this.choice, this.bytes, this.says);
      const about = (event) => event.target instanceof Element && event.target.closest("[data-byte]");
      for (const kind of ["pointerover", "focusin", "click"]) {
        this.bytes.addEventListener(
          kind,
          (event) => about(event) && this.explain(Number(about(event).dataset.byte), kind !== "pointerover"),
        );
      }
      this.bytes.addEventListener("keydown", (event) => this.onKey(event));
    }

    load() {
      const { frames, steps } = this.recording;
      const arrow = { out: "→", in: "←" };
      const hand = new Map(steps.filter((step) => step.frame !== null).map((step) => [step.frame, step.seq]));
      this.choice.replaceChildren(
        ...frames.map(({ api, direction, hex }, number) =>
          create(
            "option",
            { value: number },
            `${arrow[direction] || ""} ${api}, ${hex.length / 2} bytes (step ${hand.get(number)})`,
          ),
        ),
      );
      this.node.hidden = !frames.length;
      this.number = null;
    }

    draw(step) {
      const { frames } = this.recording;
      if (!frames.length) return;
      const moved = frames.findIndex((frame) => step.moved && this.recording.movers(frame).includes(step));
      const number = step.frame ?? (moved >= 0 ? moved : (this.number ?? 0));
      if (number !== this.number) this.drawFrame(number);
      const isMovedNow = (byte) => moved === number && this.mover(byte) === step;
      for (const [byte, node] of this.cells) node.classList.toggle("kt-moved", isMovedNow(byte));
    }

    drawFrame(number) {
      this.number = number;
      this.frame = this.recording.frames[number];
      this.movers = this.recording.movers(this.frame);
      this.choice.value = number;
      this.size = this.frame.hex.length / 2;
      const cuts = new Set(this.movers.map(({ moved }) => moved[2] - this.frame.start).filter((cut) => cut > 0));
      this.cells = new Map();
      const nodes = [];
      let skipped = 0;
      this.frame.fields.forEach(([offset, length, name], index) => {
        for (let byte = offset; byte < offset + length; byte += 1) {
          const isEnd = length <= FEW || byte < offset + 8 || byte >= offset + length - 8;
          if (!isEnd && ![...cuts].some((cut) => Math.abs(cut - byte) <= 4)) {
            skipped += 1;
            continue;
          }
          if (skipped)
            nodes.push(create("span", { class: "kt-skipped" }, `… ${thousands(skipped)} bytes of ${name} …`));
          skipped = 0;
          nodes.push(this.cell(byte, index, cuts.has(byte)));
        }
      });
      this.bytes.replaceChildren(...nodes);
      this.explain([...this.cells.keys()][0] ?? 0, true);
    }

    cell(byte, index, isCut) {
      const attributes = {
        "data-byte": byte,
        "data-field": index,
        tabindex: -1,
        class: `${index % 2 ? "kt-odd" : ""} ${isCut ? "kt-cut" : ""}`,
      };
      const node = create(
        "button",
        { type: "button", ...attributes, title: isCut ? "here one system call ended and the next began" : null },
        this.hex(byte),
      );
      this.cells.set(byte, node);
      return node;
    }

    hex(byte) {
      return this.frame.hex.slice(2 * byte, 2 * byte + 2);
    }

    mover(byte) {
      const at = this.frame.start + byte;
      return this.movers.find(({ moved }) => moved[2] <= at && at < moved[2] + moved[3]);
    }

    /** Name a byte. One that was focused or clicked keeps the place for the keyboard. */
    explain(byte, isChosen) {
      const index = Number(this.cells.get(byte).dataset.field);
      const [offset, length, name, value, writer] = this.frame.fields[index];
      const mover = this.mover(byte);
      for (const cell of this.marked || []) cell.classList.remove("kt-field");
      this.marked = [...this.cells.values()].filter((cell) => cell.dataset.field === String(index));
      for (const cell of this.marked) cell.classList.add("kt-field");
      if (isChosen) {
        if (this.current) this.current.tabIndex = -1;
        this.current = this.cells.get(byte);
        this.current.tabIndex = 0;
      }
      const code = this.figure.functions.get(writer);
      const by = writer.split(".").slice(-2).join(".");
      this.says.replaceChildren(
        create("strong", {}, name),
        value === null || value === undefined ? "" : ` = ${value}`,
        ` · byte ${byte} of ${thousands(this.size)}, 0x${this.hex(byte)}`,
        length > 1 ? `, ${byte - offset + 1} of ${thousands(length)} in this field` : "",
        this.frame.direction === "in" ? " · read by " : " · written by ",
        code ? createButton(by, () => this.figure.showFunction(writer)) : create("code", {}, by),
        ...(mover ? [` · moved by ${mover.name} in step `, this.link(mover.seq)] : []),
      );
    }

    onKey(event) {
      const keys = [...this.cells.keys()];
      const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 16, ArrowUp: -16, Home: -Infinity, End: Infinity }[
        event.key
      ];
      if (by === undefined || isModified(event)) return;
      event.preventDefault();
      event.stopPropagation();
      const at = keys.indexOf(Number(this.current.dataset.byte)) + by;
      this.cells.get(keys[Math.min(Math.max(at, 0), keys.length - 1)]).focus();
    }
  }

  /** What the lints find in this recording. */
  class LintPanel extends Panel {
    constructor(figure) {
      super(figure, "lint", "Findings");
    }

    load({ isOwn = false } = {}) {
      const findings = lint(this.recording);
      this.node.hidden = !findings.length && !isOwn;
      this.title.textContent = findings.length ? plural(findings.length, "finding") : "No findings";
      const items = findings.map(({ lint: name, seq, sentence }) =>
        create("li", { "data-lint": name }, this.link(seq), " ", create("strong", {}, name), ` ${sentence}`),
      );
      const none = `None of the ${Object.keys(LINTS).length} lints found anything: ${Object.keys(LINTS).join(", ")}.`;
      this.body.replaceChildren(items.length ? create("ul", {}, ...items) : create("p", {}, none));
      return findings;
    }

    draw() {}
  }

  /** Two recordings side by side, aligned by the names of the steps. */
  class ComparePanel extends Panel {
    constructor(figure) {
      super(figure, "compare", "Compared");
      this.node.hidden = true;
    }

    load(other) {
      this.other = other;
      this.node.hidden = !other;
      if (!other) return;
      const [one, two] = [this.recording, other].map(totals);
      this.title.textContent = `${this.recording.name} beside ${other.name}`;
      const only = create("input", { type: "checkbox" });
      only.addEventListener("change", () => this.body.classList.toggle("kt-only-different", only.checked));
      const head = create(
        "thead",
        {},
        create(
          "tr",
          {},
          ...["", this.recording.name, other.name, "different"].map((text) => create("th", { scope: "col" }, text)),
        ),
      );
      const sums = one.map(([name, value], row) => this.line("kt-total", name, value, two[row][1], ""));
      const body = align(this.recording, other).flatMap(([thread, rows]) =>
        rows.map(([left, right]) => this.row(thread, left, right)),
      );
      this.body.replaceChildren(
        create("label", {}, only, " only what is different"),
        create(
          "div",
          { class: "kt-scroll", tabindex: 0, role: "group", "aria-label": "Steps of both recordings" },
          create("table", { class: "kt-table" }, head, create("tbody", {}, ...sums), create("tbody", {}, ...body)),
        ),
      );
    }

    row(thread, left, right) {
      const both = left && right;
      const texts = both ? differences(left, right) : [`only in ${(left ? this.recording : this.other).name}`];
      const kind = both ? (texts.length ? "kt-differs" : "kt-equal") : "kt-only";
      const cell = (step, isOwn) =>
        step ? create("span", {}, isOwn ? this.link(step.seq) : String(step.seq), ` ${step.name}`) : "";
      const row = this.line(kind, thread, cell(left, true), cell(right, false), texts.join(", "));
      if (left) row.dataset.left = left.seq;
      return row;
    }

    line(kind, name, left, right, text) {
      const cells = [left, right, text].map((content) => create("td", {}, content));
      return create("tr", { class: kind }, create("th", { scope: "row" }, name), ...cells);
    }

    draw(step) {
      if (!this.other) return;
      if (this.current) this.current.classList.remove("kt-current");
      this.current = this.body.querySelector(`tr[data-left="${step.seq}"]`);
      if (this.current) this.current.classList.add("kt-current");
    }

    scroll() {
      if (this.current) this.figure.scrollWithin(this.body.querySelector(".kt-scroll"), this.current, 60);
    }
  }

  // The element...

  const KEYS = [
    ["→  j", "forward, by what is chosen: a step, a poll, a message, a step of the followed thing"],
    ["←  k", "back by the same"],
    ["Home  End", "first step, last step, once the focus is in the figure"],
    ["t", "next step on the other thread"],
    ["l  L", "next line, line before: which steps ran it?"],
    ["Esc", "close this list; all steps at once"],
    ["?", "these keys"],
  ];

  const WALK_MS = 120;
  const LARGE_BYTES = 2e6; // takes long enough to be told of
  const ASLEEP_PX = 56; // as wide as a duration in the lanes

  const EXPLORER_KEYS = [
    ["J  K", "next poll, poll before"],
    ["w  W", "next message on the wire, message before"],
    ["r  R", "next step of the followed record, step before"],
    ["c", "logical order or real time"],
    ["g", "search the steps; Enter goes to the next"],
  ];

  /** With shift, letters are other letters; anything else with a modifier is the browser's. */
  function isModified(event) {
    return event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key.length > 1);
  }

  function isPlainClick(event) {
    return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
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

  /** What an item of the list says about its step. */
  function readStep(item) {
    const { seq, parent, stage, thread, lines } = item.dataset;
    const sentence = item.querySelector(".kt-sentence");
    return {
      item,
      seq,
      parent,
      stage,
      thread,
      name: item.querySelector(".kt-name").textContent,
      sentence: sentence ? sentence.textContent : "",
      function: item.dataset.function,
      lines: parseLines(lines),
    };
  }

  class KafkaTrace extends HTMLElement {
    static Recording = Recording;
    static align = align;
    static lint = lint;

    connectedCallback() {
      if (this.steps) return;
      if (document.readyState === "loading") {
        document.addEventListener("DOMContentLoaded", () => this.connectedCallback(), { once: true });
        return;
      }
      this.read();
      if (!this.steps.length) return;
      this.addBar();
      if (this.recording) this.addExplorer();
      this.addMarker();
      this.listen();
      figures.push(this);
      this.goToAddress();
    }

    // Reading the figure...

    read() {
      this.readSteps();
      this.functions = new Map([...this.querySelectorAll(".kt-function")].map((node) => [node.dataset.function, node]));
      this.isExplorer = this.classList.contains("kt-explorer");
      this.recordings = [...this.querySelectorAll("script.kt-data")].map((script, number) =>
        this.readData(script, number),
      );
      this.recording = this.recordings[0] || null;
      this.followed = new Set();
      this.lit = [];
      this.pollBars = new Set();
      this.current = [];
      this.recountedLines = [];
      this.lines = new Map();
      this.at = -1;
      this.isWall = false;
      this.unit = "step";
      this.walking = false;
      this.fromAddress = false;
    }

    readSteps() {
      this.steps = [...this.querySelectorAll(".kt-steps > li[data-seq]")].map(readStep);
      this.bySeq = new Map(this.steps.map((step, index) => [step.seq, index]));
      this.byAnchor = new Map(this.steps.map((step, index) => [`#${step.item.id}`, index]));
      this.references = new Map(
        [...this.querySelectorAll(".kt-calls a")].map((link) => [link.getAttribute("href"), link]),
      );
      this.findBars();
    }

    /** The bars of the lanes that are to be seen, by step. */
    findBars() {
      const lanes = this.querySelector(".kt-lanes:not([hidden])");
      this.arrows = [...this.querySelectorAll(".kt-arrows [data-from]")];
      this.bars = new Map(lanes ? [...lanes.querySelectorAll(".kt-lane g")].map((bar) => [bar.dataset.seq, bar]) : []);
    }

    /** The page's JSON. It leaves out what the list says already. */
    readData(script, number) {
      const data = JSON.parse(script.textContent);
      for (const step of number ? [] : data.steps) {
        const listed = this.steps[this.bySeq.get(String(step.seq))];
        step.function ??= listed ? listed.function : "";
      }
      return new Recording(data);
    }

    // Adding what only a script can use...

    addBar() {
      const button = (label, text, key, act) =>
        createButton(text, act, { title: `${label} (${key})`, "aria-label": label });
      this.buttons = {
        first: button("First step", "⇤", "Home", () => this.jump(0)),
        back: button("Step back", "←", "← or k", () => this.move(-1)),
        next: button("Step forward", "→", "→ or j", () => this.move(1)),
        last: button("Last step", "⇥", "End", () => this.jump(this.steps.length - 1)),
      };
      this.help = button("Keys", "?", "?", () => this.toggleKeys());
      this.help.setAttribute("aria-expanded", "false");
      this.status = create("p", { class: "kt-status", role: "status" });
      this.keys = create("dl", { class: "kt-keys", hidden: true });
      for (const [keys, meaning] of [...KEYS, ...(this.recording ? EXPLORER_KEYS : [])]) {
        this.keys.append(create("dt", {}, keys), create("dd", {}, meaning));
      }
      const buttons = create("div", { class: "kt-buttons" }, ...Object.values(this.buttons), this.help);
      this.bar = create(
        "div",
        { class: "kt-bar", role: "group", "aria-label": "Stepping" },
        buttons,
        this.status,
        this.keys,
      );
      this.querySelector(".kt-panes").before(this.bar);
    }

    addMarker() {
      this.marker = create("div", { class: "kt-marker", hidden: true });
      this.track = create("div", { class: "kt-track" }, this.marker);
      this.placeTrack();
    }

    placeTrack() {
      const lanes = this.querySelector(".kt-lanes:not([hidden])");
      if (lanes) lanes.append(this.track);
    }

    listen() {
      this.addEventListener("click", (event) => this.onClick(event));
      this.addEventListener("keydown", (event) => this.onKey(event));
      this.addEventListener("focusin", (event) => {
        this.focusedByKey = event.target.matches(":focus-visible");
      });
      this.addEventListener("touchstart", (event) => this.onTouch(event), { passive: true });
      this.addEventListener("touchend", (event) => this.onTouchEnd(event), { passive: true });
      document.addEventListener("click", (event) => this.onLink(event));
      window.addEventListener("popstate", () => this.goToAddress());
      window.addEventListener("hashchange", () => {
        if (this.indexOf(location.hash) !== undefined) this.bringPanesIntoSight();
      });
    }

    // What only an explorer has, because it needs the data...

    addExplorer() {
      this.classList.add("kt-live");
      this.panels = {
        lint: new LintPanel(this),
        state: new StatePanel(this),
        why: new WhyPanel(this),
        wire: new WirePanel(this),
        compare: new ComparePanel(this),
      };
      const nodes = Object.values(this.panels).map((panel) => panel.node);
      this.querySelector(".kt-panes").after(create("div", { class: "kt-panels" }, ...nodes));
      this.addScrubber();
      this.addTools();
      this.listenForFiles();
      this.page = {
        recording: this.recording,
        lanes: this.querySelector(".kt-lanes"),
        list: this.querySelector(".kt-list"),
      };
      this.load();
    }

    addScrubber() {
      this.scrubber = create("input", { type: "range", class: "kt-scrubber", min: 0, value: 0, "aria-label": "Step" });
      this.scrubber.addEventListener("input", () => this.walkTo(Number(this.scrubber.value)));
      this.marks = create("div", { class: "kt-marks", "aria-hidden": "true" });
      this.bar.append(create("div", { class: "kt-scrub" }, this.scrubber, this.marks));
    }

    addTools() {
      const choice = (label, act) => {
        const node = create("select", { "aria-label": label });
        node.addEventListener("change", () => act(node.value));
        return node;
      };
      this.unitChoice = choice("Step by", (unit) => this.stepBy(unit));
      this.thingChoice = choice("Follow", (thing) => this.follow(thing));
      this.search = create("input", {
        type: "search",
        placeholder: "Search the steps",
        "aria-label": "Search the steps",
      });
      this.search.addEventListener("input", () => this.find());
      this.clock = createButton("Real time", () => this.toggleClock(), {
        "aria-pressed": "false",
        title: "Logical order or real time (c)",
      });
      this.file = create("input", {
        type: "file",
        accept: ".jsonl,.json",
        hidden: true,
        tabindex: -1,
        "aria-label": "A recording's file",
      });
      this.file.addEventListener("change", () => this.openFile(this.file.files[0]));
      const open = createButton("Open a recording…", () => this.file.click(), {
        title: "A file of yours, .otlp.jsonl. It stays on your machine.",
      });
      this.own = create("span", { class: "kt-own", hidden: true });
      this.bar.after(
        create(
          "div",
          { class: "kt-tools", role: "group", "aria-label": "Tools" },
          this.unitChoice,
          this.thingChoice,
          this.search,
          this.clock,
          open,
          this.file,
          this.own,
        ),
      );
    }

    /** Fill everything that depends on which recording is shown. */
    load() {
      const { recording } = this;
      const options = (node, all) =>
        node.replaceChildren(...all.map(([value, text]) => create("option", { value }, text)));
      options(this.unitChoice, [
        ["step", "step by step"],
        ["poll", "by poll"],
        ["frame", "by message"],
        ["record", "by followed record"],
      ]);
      options(this.thingChoice, [
        ["", "follow nothing"],
        ...recording.things.map((thing) => [thing, `follow ${thing}`]),
      ]);
      this.listed = this.steps.map((step) => recording.bySeq.get(Number(step.seq)));
      this.sleeps = recording.sleeps;
      this.search.value = "";
      this.hits = [];
      this.scrubber.max = this.steps.length - 1;
      this.foldSleeps();
      this.panels.state.load();
      this.panels.wire.load();
      this.findings = this.panels.lint.load({ isOwn: recording !== this.page.recording });
      this.panels.compare.load(recording === this.recordings[0] ? this.recordings[1] : null);
      this.follow("");
      this.stepBy("step");
      this.drawMarks();
    }

    /** Say in the list where all threads slept, and for how long. */
    foldSleeps() {
      for (const [begin, end] of this.sleeps) {
        const index = this.listed.findIndex((step) => step.start >= end);
        if (index < 0) continue;
        const { item } = this.steps[index];
        if (item.previousElementSibling?.matches(".kt-sleep")) continue;
        item.before(create("li", { class: "kt-sleep" }, `${duration(end - begin)} asleep`));
      }
    }

    /** Marks of the scrubber: polls, and the steps that were searched, followed or found wanting. */
    drawMarks() {
      const mark = (kind) => (step) => {
        const index = this.bySeq.get(String(step.seq));
        return index === undefined
          ? []
          : [create("i", { class: kind, style: `left:${(100 * index) / Math.max(this.steps.length - 1, 1)}%` })];
      };
      this.marks.replaceChildren(
        ...this.recording.polls.flatMap(mark("kt-mark-poll")),
        ...[...this.followed].flatMap(mark("kt-mark-follow")),
        ...this.findings.flatMap(mark("kt-mark-finding")),
        ...this.hits.map((index) => this.listed[index]).flatMap(mark("kt-mark-hit")),
      );
    }

    // What the reader does...

    onClick(event) {
      const target = event.target;
      if (!(target instanceof Element) || !isPlainClick(event)) return;
      lastUsed = this;
      const link = target.closest("a[href^='#']");
      const holder = target.closest(".kt-steps > li[data-seq], .kt-lane g");
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

    /** A link in the prose to a step here. */
    onLink(event) {
      const link = !event.defaultPrevented && isPlainClick(event) && event.target.closest?.("a[href^='#']");
      const index = link ? this.indexOf(link.getAttribute("href")) : undefined;
      if (index === undefined) return;
      event.preventDefault();
      lastUsed = this;
      this.jump(index);
      this.bringPanesIntoSight();
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

    /** Up and down always scroll. So do left and right in code reached by key, Home and End outside of figures. */
    actionFor(key, target) {
      const inFigure = this.contains(target);
      if (inFigure && target.matches("input, select"))
        return target === this.search ? this.searchAction(key) : undefined;
      const scrollsSideways = inFigure && this.focusedByKey && target.closest(".kt-code");
      const letters = {
        j: () => this.move(1),
        k: () => this.move(-1),
        t: () => this.otherThread(),
        l: () => this.nextLine(1),
        L: () => this.nextLine(-1),
        Escape: () => (this.keys.hidden ? this.overview() : this.toggleKeys()),
        "?": () => this.toggleKeys(),
      };
      const explorers = {
        J: () => this.move(1, "poll"),
        K: () => this.move(-1, "poll"),
        w: () => this.move(1, "frame"),
        W: () => this.move(-1, "frame"),
        r: () => this.move(1, "record"),
        R: () => this.move(-1, "record"),
        c: () => this.toggleClock(),
        g: () => this.search.focus(),
      };
      const arrows = { ArrowRight: letters.j, ArrowLeft: letters.k };
      const ends = { Home: () => this.jump(0), End: () => this.jump(this.steps.length - 1) };
      return (
        letters[key] ||
        (this.recording && explorers[key]) ||
        (inFigure && ends[key]) ||
        (!scrollsSideways && arrows[key]) ||
        undefined
      );
    }

    searchAction(key) {
      return {
        Enter: () => this.nextHit(),
        Escape: () => {
          this.search.value = "";
          this.find();
          this.buttons.next.focus();
        },
      }[key];
    }

    /** A swipe goes where the page would: to the left is forward. What scrolls sideways itself is left alone. */
    onTouch({ touches: [touch, another], target }) {
      const scrolls = target.closest(".kt-code, input, select, .kt-scroll, .kt-bytes");
      this.touch = another || scrolls ? null : { x: touch.clientX, y: touch.clientY };
    }

    onTouchEnd({ changedTouches: [touch] }) {
      if (!this.touch) return;
      const [x, y] = [touch.clientX - this.touch.x, touch.clientY - this.touch.y];
      this.touch = null;
      if (Math.abs(x) > 40 && Math.abs(x) > 2 * Math.abs(y)) this.move(x < 0 ? 1 : -1);
    }

    // Moving: a walk is one entry in the browser's history, however long; a jump is one each...

    /** Forward or back to the next step, poll, message, or step of what is followed. */
    move(by, unit = this.unit) {
      if (unit === "step") return this.walkTo(Math.min(Math.max(this.at + by, 0), this.steps.length - 1));
      if (unit === "record" && !this.followed.size) this.follow(this.recording.things[0] || "");
      const polls = new Set(this.recording.polls);
      const isOne = {
        poll: (step) => polls.has(step),
        frame: (step) => step.frame !== null,
        record: (step) => this.followed.has(step),
      }[unit];
      let index = this.at + by;
      while (this.listed[index] && !isOne(this.listed[index])) index += by;
      if (this.listed[index]) this.walkTo(index);
      else this.say(`No ${by > 0 ? "other one comes" : "earlier one is there"} in this recording.`);
    }

    stepBy(unit) {
      this.unit = this.unitChoice.value = unit;
      const name = { step: "", poll: " by a poll", frame: " by a message", record: " along the followed record" }[unit];
      for (const [button, label, key] of [
        [this.buttons.back, "Step back", "← or k"],
        [this.buttons.next, "Step forward", "→ or j"],
      ]) {
        button.setAttribute("aria-label", label + name);
        button.title = `${label}${name} (${key})`;
      }
    }

    walkTo(index) {
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
      clearTimeout(this.remembering);
      this.fromAddress = true;
      // Who walks fast changes the address once, at the end: browsers are slow at it, and some count.
      if (how === "replaceState") this.remembering = setTimeout(() => this.setAddress(how), WALK_MS);
      else this.setAddress(how);
    }

    setAddress(how) {
      const address = this.at < 0 ? location.pathname + location.search : `#${this.steps[this.at].item.id}`;
      if (this.at >= 0 && location.hash === address) return;
      try {
        history[how](null, "", address);
      } catch {
        // A page from a file may not be allowed to change its address; the figure works all the same.
      }
    }

    indexOf(address) {
      return this.byAnchor.get(decodeURIComponent(address));
    }

    goToAddress() {
      clearTimeout(this.remembering);
      const index = this.indexOf(location.hash);
      this.walking = false;
      if (index !== undefined) {
        this.show(index);
        this.comeIntoSight();
        this.fromAddress = true;
        lastUsed = this;
      } else if (this.fromAddress || !this.started) {
        this.show(this.isExplorer ? this.bySeq.get(this.dataset.start) || 0 : -1);
        this.fromAddress = false;
      }
      this.started = true;
    }

    /** Who comes by a link sees the figure from its top: the browser would show the list item in its middle. */
    comeIntoSight() {
      if (this.started) return;
      this.scrollIntoView({ block: "start" });
      if (document.readyState !== "complete")
        addEventListener("load", () => this.scrollIntoView({ block: "start" }), { once: true });
    }

    /** Who comes from elsewhere on the page sees code and steps: the list alone may lie far below the code. */
    bringPanesIntoSight() {
      const { top } = this.querySelector(".kt-panes").getBoundingClientRect();
      const bar = this.bar.getBoundingClientRect();
      if (top >= bar.bottom - 1 && top < innerHeight / 2) return;
      const stuck = parseFloat(getComputedStyle(this.bar).top) || 0;
      scrollBy({ top: top - stuck - bar.height, behavior: "instant" });
    }

    // Showing a step. First everything is written, then positions are read and panes scrolled, so that the browser lays
    // the page out once...

    show(index) {
      this.at = index;
      this.clearLight();
      const step = this.steps[index];
      this.toggleAttribute("data-at", Boolean(step));
      const ends = {
        first: index <= 0,
        back: index <= 0,
        next: index === this.steps.length - 1,
        last: index === this.steps.length - 1,
      };
      for (const [name, isEnd] of Object.entries(ends)) this.buttons[name].setAttribute("aria-disabled", String(isEnd));
      this.tell(step);
      if (this.recording) this.showExplorer(index);
      setHidden(this.marker, !this.bars.has(step?.seq));
      if (!step) return;
      this.makeCurrent(step.item, "step");
      this.lightBar(step);
      const scrollCode = this.lightCode(step);
      this.scrollWithin(this.querySelector(".kt-list"), step.item);
      if (this.panels) this.panels.compare.scroll();
      scrollCode();
    }

    showExplorer(index) {
      const step = this.listed[index];
      this.scrubber.value = Math.max(index, 0);
      this.scrubber.setAttribute("aria-valuetext", step ? `step ${step.seq}, ${step.name}` : "all steps");
      this.lightPoll(step);
      for (const panel of Object.values(this.panels)) panel.show(step);
    }

    /** What a screen reader is told to be the current one. */
    makeCurrent(node, kind) {
      node.setAttribute("aria-current", kind);
      this.current.push(node);
    }

    light(node, kind) {
      node.classList.add(kind);
      this.lit.push([node, kind]);
    }

    clearLight() {
      for (const [node, kind] of this.lit) node.classList.remove(kind);
      this.lit = [];
      for (const node of this.current) node.removeAttribute("aria-current");
      this.current = [];
      for (const [line, hits] of this.recountedLines) setOrRemove(line, "data-hits", hits);
      this.recountedLines = [];
    }

    lightBar(step) {
      const bar = this.bars.get(step.seq);
      if (!bar) return;
      this.light(bar, "kt-now");
      const { x, width } = bar.querySelector("rect").attributes;
      const all = bar.ownerSVGElement.viewBox.baseVal.width;
      this.marker.style.left = `${(100 * x.value) / all}%`;
      this.marker.style.width = `${(100 * width.value) / all}%`;
      for (const arrow of this.arrows.filter(({ dataset: { from, to } }) => from === step.seq || to === step.seq))
        this.light(arrow, "kt-now");
    }

    /** This poll's bars stand out from those of other polls. */
    lightPoll(step) {
      const isThis = ({ poll, seq }) => poll && poll === step?.poll && this.bars.has(String(seq));
      const bars = new Set(this.listed.filter(isThis).map(({ seq }) => this.bars.get(String(seq))));
      for (const bar of this.pollBars) if (!bars.has(bar)) bar.classList.remove("kt-this-poll");
      for (const bar of bars) if (!this.pollBars.has(bar)) bar.classList.add("kt-this-poll");
      this.pollBars = bars;
    }

    /** The lines of the step; or, where its function is not shown, the line of the nearest caller that is. */
    lightCode(step) {
      this.noCode?.remove();
      if (!step.function) return this.lightNothing(step);
      let shown = step;
      let calling = null;
      while (shown && !this.functions.has(shown.function)) {
        calling = this.referenceTo(shown) || calling;
        shown = this.steps[this.bySeq.get(shown.parent)];
      }
      calling = calling || (shown ? null : this.referenceTo(step));
      const node = shown ? this.functions.get(shown.function) : calling && calling.closest(".kt-function");
      if (calling) {
        this.makeCurrent(calling, "true");
        this.light(calling.closest(".kt-line"), "kt-calling");
      } else if (shown) {
        this.lightLines(node, shown);
      }
      const isNew = this.isExplorer && node !== this.functionShown;
      if (isNew) this.hideFunctionsBut(node);
      this.functionShown = node;
      const codes = this.querySelector(".kt-codes");
      if (!node || !codes) return () => {};
      const lit = node.querySelector(".kt-now, .kt-calling") || node;
      return () => {
        const head = this.isExplorer ? node.querySelector(".kt-head").offsetHeight : 40;
        if (isNew) this.openAt(codes, node, lit, head);
        else this.scrollWithin(codes, lit, head);
      };
    }

    lightNothing(step) {
      this.hideFunctionsBut(null);
      this.functionShown = null;
      this.noCode = create(
        "p",
        { class: "kt-no-code" },
        `The text of ${step.name} as it was when this was recorded is not on this page.`,
      );
      this.querySelector(".kt-codes")?.append(this.noCode);
      return () => {};
    }

    hideFunctionsBut(shown) {
      for (const node of this.functions.values()) setHidden(node, node !== shown);
    }

    lightLines(node, step) {
      const lines = this.linesOf(node);
      for (const number of step.lines.keys()) if (lines.has(number)) this.light(lines.get(number), "kt-now");
      this.recount(node, step.lines);
    }

    /** The lines of a function's code, by number. */
    linesOf(node) {
      if (!this.lines.has(node)) {
        this.lines.set(
          node,
          new Map([...node.querySelectorAll(".kt-line")].map((line) => [Number(line.dataset.line), line])),
        );
      }
      return this.lines.get(node);
    }

    /** The line of a decision on this page, if its function is here and is that of the recording. */
    lineOf(where, line, step) {
      const node = this.functions.get(where);
      return node && !this.isForeign(where, step) ? this.linesOf(node).get(line + this.shiftOf(where)) || null : null;
    }

    /** A function is shown from its top, or, if it is long and its light far below, from there. */
    openAt(pane, node, lit, head) {
      const { top } = node.getBoundingClientRect();
      const depth = lit.getBoundingClientRect().top - top;
      const isLong = node.lastElementChild.getBoundingClientRect().bottom - top > pane.clientHeight;
      const isFar = isLong && depth >= pane.clientHeight / 3;
      node.style.minHeight = isFar ? `${depth - head + pane.clientHeight}px` : "";
      pane.scrollTop = isFar ? depth - head : 0;
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
      const top = box.top - frame.top - frame.height / 3;
      const isFar = Math.abs(top) > 2 * frame.height;
      const still = isFar || matchMedia("(prefers-reduced-motion: reduce)").matches;
      pane.scrollBy({ top, behavior: still ? "instant" : "smooth" });
      // What is far away may be laid out only now, and then lie elsewhere.
      this.scrolledTo = node;
      if (isFar) setTimeout(() => this.scrolledTo === node && this.scrollWithin(pane, node, margin), WALK_MS);
    }

    tell(step) {
      if (!step) {
        this.say(`${this.steps.length} steps. Step through them with the buttons, or press → and ←.`);
        return;
      }
      const data = this.recording && this.recording.bySeq.get(Number(step.seq));
      const poll = data && data.poll ? ` · poll ${data.poll} of ${this.recording.polls.length}` : "";
      const place = `step ${step.seq} · ${step.thread} thread · `;
      const shown = [...step.item.querySelectorAll(".kt-shown > div")].map((pair) =>
        pair.textContent.replace("→gave back", "gave back "),
      );
      const values = shown.length ? ` ${shown.join(", ")}.` : "";
      this.status.replaceChildren(
        create("span", {}, place, create("strong", {}, step.name), poll, " "),
        create("span", { class: "kt-now-says" }, step.sentence),
        create("span", { class: "kt-unseen" }, values + this.changesOf(data)),
      );
    }

    /** What the step changed, for those who hear it. */
    changesOf(data) {
      const changes = data ? data.changes.flatMap(([, values]) => Object.entries(values)) : [];
      const told = changes.map(([path, value]) => `${path} ${value === null ? "is gone" : `is ${value}`}`);
      return told.length ? ` Changed: ${told.join(", ")}.` : "";
    }

    say(text) {
      this.status.textContent = text;
    }

    // Which steps ran this line? Those of this poll in one tone, those of others in another...

    ask(line) {
      const where = line.closest(".kt-function").dataset.function;
      const number = Number(line.dataset.line);
      this.askedLine = line;
      for (const node of this.querySelectorAll(".kt-same, .kt-other, .kt-asked"))
        node.classList.remove("kt-same", "kt-other", "kt-asked");
      this.light(line, "kt-asked");
      const ran = this.steps.filter((step) => step.function === where && step.lines.has(number));
      const here = this.recording && this.at >= 0 ? this.listed[this.at].poll : null;
      const isHere = (step) => here === null || this.recording.bySeq.get(Number(step.seq)).poll === here;
      for (const step of ran) {
        const tone = isHere(step) ? "kt-same" : "kt-other";
        this.light(step.item, tone);
        if (this.bars.has(step.seq)) this.light(this.bars.get(step.seq), tone);
      }
      if (ran.length) this.scrollWithin(this.querySelector(".kt-list"), (ran.find(isHere) || ran[0]).item);
      const numbers = ran.map((step) => step.seq).join(", ");
      const polls = here === null || ran.length < 2 ? "" : `, ${ran.filter(isHere).length} of them in this poll`;
      this.say(
        ran.length
          ? `Line ${number} ran in ${ran.length === 1 ? "step" : `${ran.length} steps${polls}:`} ${numbers}.`
          : `Line ${number} did not run in these steps.`,
      );
    }

    nextLine(by) {
      const lines = [...this.querySelectorAll(".kt-function:not([hidden]) .kt-line[data-state]")];
      if (!lines.length) return;
      const before = lines.indexOf(this.askedLine);
      this.showLine(lines[before < 0 ? 0 : (before + by + lines.length) % lines.length]);
    }

    /** Bring a line into sight, and ask it. */
    showLine(line) {
      this.showFunction(line.closest(".kt-function").dataset.function);
      this.ask(line);
      line.scrollIntoView({ block: "nearest" });
    }

    showFunction(name) {
      this.functionShown = this.functions.get(name);
      if (this.isExplorer) this.hideFunctionsBut(this.functionShown);
    }

    // Following a thing, searching, the clock...

    follow(thing) {
      for (const node of this.querySelectorAll(".kt-follow")) node.classList.remove("kt-follow");
      this.thingChoice.value = thing;
      this.followed = thing ? this.recording.about(thing) : new Set();
      for (const { seq } of this.followed) {
        const step = this.steps[this.bySeq.get(String(seq))];
        if (step) step.item.classList.add("kt-follow");
        if (this.bars.has(String(seq))) this.bars.get(String(seq)).classList.add("kt-follow");
      }
      this.toggleAttribute("data-following", Boolean(thing));
      this.drawMarks();
      if (thing)
        this.say(`${thing} is followed through ${plural(this.followed.size, "step")}. Press r and R to go along.`);
    }

    find() {
      const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const node of this.querySelectorAll(".kt-hit")) node.classList.remove("kt-hit");
      const matches = (step) => words.every((word) => this.recording.textOf(step).includes(word));
      this.hits = words.length ? [...this.listed.keys()].filter((index) => matches(this.listed[index])) : [];
      for (const index of this.hits) {
        const { item, seq } = this.steps[index];
        item.classList.add("kt-hit");
        if (this.bars.has(seq)) this.bars.get(seq).classList.add("kt-hit");
      }
      this.drawMarks();
      if (words.length)
        this.say(`${plural(this.hits.length, "step")} found${this.hits.length ? "; Enter goes to the next" : ""}.`);
    }

    nextHit() {
      const index = this.hits.find((hit) => hit > this.at) ?? this.hits[0];
      if (index !== undefined) this.jump(index);
    }

    toggleClock() {
      this.isWall = !this.isWall;
      this.drawLanes();
      const { begin, end } = this.recording;
      this.say(
        this.isWall
          ? `Lanes show real time, ${duration(end - begin)} in all.`
          : "Lanes show the order: each begin and end is as far from the next as any other.",
      );
    }

    /** The page's own lanes for its recording in logical order; else lanes of ours. */
    drawLanes() {
      this.querySelectorAll(".kt-drawn").forEach((lanes) => lanes.remove());
      this.clock.setAttribute("aria-pressed", String(this.isWall));
      this.classList.toggle("kt-wall", this.isWall);
      const isPages = this.recording === this.page.recording && !this.isWall;
      if (this.page.lanes) this.page.lanes.hidden = !isPages;
      if (!isPages) {
        const place = (this.isWall ? wallPlace : logicalPlace)(this.recording);
        (this.page.lanes || this.bar).before(drawLanes(this.recording, place));
      }
      this.findBars();
      this.placeTrack();
      this.markSleeps(isPages);
      this.follow(this.thingChoice.value);
      this.find();
      this.show(this.at);
    }

    /** In the lanes a folded sleep is a line, with its length where there is room. Real time shows it as it was. */
    markSleeps(isPages) {
      this.track.querySelectorAll(".kt-asleep").forEach((mark) => mark.remove());
      if (this.isWall || isPages) return;
      const place = logicalPlace(this.recording);
      const places = this.sleeps.map(([, end]) => place(end));
      const room = ASLEEP_PX / this.track.clientWidth;
      this.sleeps.forEach(([begin, end], number) => {
        const hasRoom = (places[number + 1] ?? 1) - places[number] > room;
        const style = `left:${100 * places[number]}%`;
        this.track.append(create("span", { class: "kt-asleep", style }, hasRoom ? duration(end - begin) : ""));
      });
    }

    // A recording of the reader's own: read here, sent nowhere...

    listenForFiles() {
      // A file that misses every explorer is for the first one: the browser would leave the page for it.
      const isFirst = document.querySelector("kafka-trace.kt-explorer") === this;
      const isOurs = ({ target, dataTransfer }) =>
        [...dataTransfer.types].includes("Files") && (target.closest?.("kafka-trace.kt-explorer") || this) === this;
      const area = isFirst ? document : this;
      area.addEventListener("dragover", (event) => {
        if (isOurs(event)) event.preventDefault();
        this.classList.toggle("kt-dropping", isOurs(event));
      });
      area.addEventListener("dragleave", () => this.classList.remove("kt-dropping"));
      area.addEventListener("drop", (event) => {
        if (!isOurs(event)) return;
        event.preventDefault();
        this.classList.remove("kt-dropping");
        this.scrollIntoView({ block: "nearest" });
        this.openFile(event.dataTransfer.files[0]);
      });
    }

    async openFile(file) {
      if (!file) return;
      if (file.size > LARGE_BYTES) this.say(`Reading ${file.name} …`);
      try {
        this.open(Recording.parse(await file.text(), file.name));
      } catch (error) {
        this.say(error.message);
      }
      this.file.value = "";
    }

    /** Show a recording in the place of the page's, or the page's again. */
    open(recording) {
      const isPages = recording === this.page.recording;
      this.clearLight();
      this.recording = recording;
      this.querySelector(".kt-list").replaceWith(isPages ? this.page.list : drawList(this.id, recording));
      this.classList.toggle("kt-foreign", !isPages);
      this.isWall = false;
      this.readSteps();
      if (!isPages) this.fitToCode();
      this.load();
      this.at = 0;
      this.drawLanes();
      this.tellOwn(isPages);
      this.say(
        `${recording.name}: ${plural(recording.steps.length, "step")}, ${plural(this.findings.length, "finding")}.`,
      );
    }

    tellOwn(isPages) {
      this.own.hidden = isPages;
      if (isPages) return;
      const { page, recording } = this;
      this.own.replaceChildren(
        create("strong", {}, recording.name),
        " ",
        createButton(`Compare with ${page.recording.name}`, () => this.panels.compare.load(page.recording)),
        " ",
        createButton(`Back to ${page.recording.name}`, () => this.open(page.recording)),
      );
    }

    /** Another run has other lines, and its code may be another day's: then nothing on this page can show it. */
    fitToCode() {
      for (const step of this.steps) {
        const data = this.recording.bySeq.get(Number(step.seq));
        if (this.isForeign(step.function, data)) step.function = "";
        else step.lines = parseLines(data.lines, this.shiftOf(step.function));
      }
      this.references = new Map();
    }

    /** Whether the page shows a function's text as it was when this step was recorded. */
    isForeign(name, step) {
      const node = this.functions.get(name);
      return !node || (this.recording !== this.page.recording && node.dataset.source !== this.sourceOf(name, step));
    }

    sourceOf(name, step) {
      return step.function === name
        ? step.source
        : (this.recording.steps.find((other) => other.function === name) || {}).source;
    }

    /** A function may stand some lines further down today than when it was recorded. */
    shiftOf(name) {
      if (this.recording === this.page.recording) return 0;
      const recorded = this.recording.steps.find((step) => step.function === name);
      const today = Number(/:(\d+)$/.exec(this.functions.get(name).querySelector(".kt-place").textContent)[1]);
      return recorded ? today - recorded.line : 0;
    }

    toggleKeys() {
      this.keys.hidden = !this.keys.hidden;
      this.help.setAttribute("aria-expanded", String(!this.keys.hidden));
    }
  }

  customElements.define("kafka-trace", KafkaTrace);
})();
