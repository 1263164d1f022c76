"use strict";
// The page draws itself from the data element. Every text from a workbook goes
// through textContent, so that none of it can act.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = id => document.getElementById(id);
  let lang = data.lang, status = "", query = "";
  const drawn = [];

  const say = (key, ...blanks) => {
    const both = data.words[key];
    let s = both ? both[lang] : key;
    blanks.forEach((b, i) => { s = s.split(`%[${i + 1}]s`).join(String(b)); });
    return s;
  };
  const pick = both => both ? both[lang] : "";
  const known = key => key in data.words;

  function make(tag, text, attrs, ...children) {
    const e = document.createElement(tag);
    if (text !== undefined && text !== null) e.textContent = text;
    for (const k in attrs) if (attrs[k] !== null && attrs[k] !== undefined) e.setAttribute(k, attrs[k]);
    e.append(...children);
    return e;
  }

  // shown writes a number in the workbook's format.
  function shown(v, format) {
    if (v === null || v === undefined) return "—";
    const locale = lang === "zh" ? "zh-CN" : "en-GB";
    const percent = /%$/.test(format), decimals = (format.split(".")[1] || "").replace(/[^0#]/g, "");
    if (/E\+/.test(format)) return v.toExponential(2);
    if (!format || format === "General") return new Intl.NumberFormat(locale, { maximumSignificantDigits: 6 }).format(v);
    return new Intl.NumberFormat(locale, { style: percent ? "percent" : "decimal", useGrouping: true,
      minimumFractionDigits: (decimals.match(/0/g) || []).length, maximumFractionDigits: decimals.length }).format(v);
  }
  const unitOf = unit => known("unit." + unit) && !["fraction", "count", ""].includes(unit) ? say("unit." + unit) : "";
  // href leads to a file beside the page, whatever its name holds.
  const href = path => path.split("/").map(encodeURIComponent).join("/").replace(/^(?=[^/]*%3A)/i, "./");

  function figureTable(figures, caption) {
    const head = make("tr");
    for (const [key, cls] of [["board.measure", ""], ["board.value", "num"], ["board.interval", "num"], ["board.n", "num"], ["board.note", ""]])
      head.append(make("th", say(key), { class: cls, scope: "col" }));
    const body = make("tbody");
    for (const f of figures) {
      const interval = f.lower === null && f.upper === null ? "" : `${shown(f.lower, f.format)} – ${shown(f.upper, f.format)}`;
      const unit = unitOf(f.unit);
      body.append(make("tr", null, {}, make("td", pick(f.measure), {}), make("td", shown(f.value, f.format) + (unit && f.value !== null ? " " + unit : ""), { class: "num" }),
        make("td", interval, { class: "num" }), make("td", f.n ? shown(f.n, "#,##0") : "", { class: "num" }), make("td", pick(f.note), { class: "note" })));
    }
    const table = make("table", null, { "aria-label": caption }, make("thead", null, {}, head), body);
    return make("div", null, { class: "wide", tabindex: "0", role: "region", "aria-label": caption }, table);
  }

  function figures() {
    const body = byId("figures-body");
    body.replaceChildren();
    byId("figures").hidden = !data.market;
    if (!data.market) return;
    const about = byId("market-about");
    about.replaceChildren(say("board.market-about", data.market.asOf || "—", data.market.findings), " ");
    if (data.market.output) about.append(make("a", say("board.open-market"), { href: href(data.market.output) }));
    const groups = [...new Set(data.market.figures.map(f => f.group))];
    for (const g of groups) {
      const title = ["question.", "sheet.", "analysis."].map(k => k + g).filter(known).map(k => say(k))[0] || g;
      body.append(make("h3", title, {}), figureTable(data.market.figures.filter(f => f.group === g), title));
    }
  }

  function changes() {
    const body = byId("changes-body");
    body.replaceChildren();
    const fresh = data.workbooks.filter(w => w.fresh);
    if (!fresh.length && !data.changes.length) { body.append(make("p", say("board.no-changes"), {})); return; }
    if (fresh.length) {
      const list = make("ul");
      for (const w of fresh.slice(0, 20)) list.append(make("li", `${w.file}: ${say("status." + w.status)}`, {}));
      if (fresh.length > 20) list.append(make("li", say("board.and-more", fresh.length - 20), {}));
      body.append(list);
    }
    if (data.changes.length) {
      const head = make("tr");
      for (const [key, cls] of [["board.measure", ""], ["board.before", "num"], ["board.after", "num"]]) head.append(make("th", say(key), { class: cls, scope: "col" }));
      const rows = make("tbody");
      for (const c of data.changes.slice(0, 100))
        rows.append(make("tr", null, {}, make("td", (c.file ? c.file + " · " : "") + pick(c.measure), {}), make("td", shown(c.before, c.format), { class: "num" }), make("td", shown(c.after, c.format), { class: "num" })));
      body.append(make("div", null, { class: "wide", tabindex: "0", role: "region", "aria-label": say("board.changes") }, make("table", null, { "aria-label": say("board.changes") }, make("thead", null, {}, head), rows)));
    }
  }

  const symbols = ["circle", "rect", "triangle", "diamond", "pin", "arrow", "roundRect"];

  // option is what ECharts draws of a chart.
  function option(c) {
    const bar = c.kind === "bar", stacked = c.kind === "stacked", step = c.kind === "step";
    const labels = c.xs.map(x => x.num !== undefined ? x.num : pick(x));
    const positive = c.series.flatMap(s => s.values).filter(v => v > 0);
    const floor = c.log && positive.length ? Math.pow(10, Math.floor(Math.log10(Math.min(...positive) / 1.5))) : undefined;
    const point = (x, v) => bar || stacked || c.x === "category" ? v : [labels[x], v];
    const series = c.series.map((s, i) => ({
      name: pick(s.name), type: bar || stacked ? "bar" : "line", stack: stacked ? "all" : undefined, step: step || c.log ? "end" : undefined,
      color: s.color, symbol: step ? "none" : symbols[i % symbols.length], symbolSize: 7, connectNulls: true, barMaxWidth: 46,
      lineStyle: { type: s.dashed ? "dashed" : "solid", width: s.dashed ? 1 : 2 },
      label: bar ? { show: true, position: "right", formatter: p => shown(p.value, c.format) } : undefined,
      data: s.values.map((v, x) => v === null || c.log && v <= 0 ? null : point(x, v)).filter(v => v !== null || bar || stacked || c.x === "category"),
    }));
    const free = [];
    if (c.log) c.series.forEach(s => s.values.forEach((v, x) => { if (v !== null && v <= 0) free.push({ value: [labels[x], floor || 1], name: pick(s.name) }); }));
    if (free.length) series.push({ name: say("board.free"), type: "scatter", symbol: "path://M0 0L10 10M10 0L0 10", symbolSize: 9, itemStyle: { color: "#000", borderColor: "#000", borderWidth: 2 }, data: free });
    if (series.length && c.bands && c.bands.length) series[0].markLine = { symbol: "none", silent: true, lineStyle: { type: "dashed", color: "#5c5c5c" },
      label: { position: "insideEndTop", color: "#404040", formatter: p => p.name }, data: c.bands.map(b => ({ yAxis: b.value, name: pick(b.label) })) };
    const axis = { axisLabel: { color: "#404040", hideOverlap: true }, nameTextStyle: { color: "#404040" }, nameLocation: "middle" };
    const values = { ...axis, type: c.log ? "log" : "value", min: floor, name: pick(c.yTitle), nameGap: bar ? 26 : 54, axisLabel: { ...axis.axisLabel, formatter: v => shown(v, c.log ? "General" : c.format) } };
    if (c.bands && c.bands.length && !c.log) {
      const most = Math.max(...positive, ...c.bands.map(b => b.value)), round = Math.pow(10, Math.floor(Math.log10(most))) / 2;
      values.max = Math.ceil(most / round) * round;
    }
    const places = { ...axis, type: bar || stacked || c.x === "category" ? "category" : c.x === "date" ? "time" : "value", name: bar ? undefined : pick(c.xTitle), nameGap: 26 };
    if (places.type === "category") places.data = labels;
    if (bar) { places.inverse = true; }
    return {
      animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: bar ? 8 : 64, right: bar ? 60 : 24, top: series.length > 1 ? 58 : 18, bottom: 44, containLabel: bar },
      legend: series.length > 1 ? { type: "scroll", top: 0 } : undefined,
      tooltip: { trigger: bar ? "item" : "axis", renderMode: "richText", valueFormatter: v => shown(Array.isArray(v) ? v[1] : v, c.log ? "General" : c.format) },
      xAxis: bar ? values : places, yAxis: bar ? places : values, series,
    };
  }

  function chartTable(c) {
    const head = make("tr", null, {}, make("th", pick(c.xTitle), { scope: "col" }));
    for (const s of c.series) head.append(make("th", pick(s.name), { class: "num", scope: "col" }));
    const body = make("tbody");
    c.xs.forEach((x, i) => {
      const row = make("tr", null, {}, make("th", x.num !== undefined ? shown(x.num, "General") : pick(x), { scope: "row" }));
      for (const s of c.series) row.append(make("td", s.values[i] === null ? "" : shown(s.values[i], c.log ? "General" : c.format), { class: "num" }));
      body.append(row);
    });
    return make("details", null, {}, make("summary", say("board.numbers"), {}),
      make("div", null, { class: "wide", tabindex: "0", role: "region", "aria-label": pick(c.title) }, make("table", null, { "aria-label": pick(c.title) }, make("thead", null, {}, head), body)));
  }

  function charts() {
    const body = byId("charts-body");
    drawn.splice(0).forEach(e => e.dispose());
    body.replaceChildren();
    const all = data.market ? data.market.charts : [];
    byId("charts").hidden = !all.length;
    for (const c of all) {
      const plot = make("div", null, { class: "plot", role: "img", "aria-label": pick(c.alt) });
      const title = pick(c.title) + (c.more ? say("board.more-series", c.series.length, c.series.length + c.more) : "");
      body.append(make("figure", null, { "data-chart": c.name }, make("figcaption", title, {}), plot, chartTable(c)));
      const e = echarts.init(plot, null, { renderer: "canvas", locale: lang === "zh" ? "ZH" : "EN" });
      e.setOption(option(c));
      drawn.push(e);
    }
  }

  function workbooks() {
    const statuses = byId("statuses");
    statuses.replaceChildren();
    const counts = {};
    for (const w of data.workbooks) counts[w.status] = (counts[w.status] || 0) + 1;
    const chip = (value, label) => {
      const b = make("button", label, { type: "button", "aria-pressed": String(status === value), "data-status": value });
      b.addEventListener("click", () => { status = value; workbooks(); statuses.querySelector(`[data-status="${value}"]`).focus(); });
      statuses.append(b);
    };
    chip("", `${say("board.all")} ${data.workbooks.length}`);
    for (const s of Object.keys(counts).sort()) chip(s, `${say("status." + s)} ${counts[s]}`);
    const head = make("tr");
    for (const [key, cls] of [["board.file", ""], ["board.state", ""], ["board.as-of", ""], ["board.tables", "num"], ["board.findings", "num"], ["board.result", ""], ["board.note", ""]])
      head.append(make("th", say(key), { class: cls, scope: "col" }));
    byId("list").tHead.replaceChildren(head);
    rows();
  }

  function rows() {
    const wanted = query.trim().toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const found = data.workbooks.filter(w => (!status || w.status === status) &&
      wanted.every(q => `${w.file} ${w.code} ${pick(w.note)} ${say("status." + w.status)}`.toLocaleLowerCase().includes(q)));
    const body = byId("list").tBodies[0];
    body.replaceChildren();
    const most = 500;
    for (const w of found.slice(0, most)) {
      const links = make("td", null, {});
      if (w.output) links.append(make("a", say("board.open"), { href: href(w.output), "aria-label": `${say("board.open")}: ${w.file}` }));
      if (w.reason) links.append(" ", make("a", say("board.why"), { href: href(w.reason), "aria-label": `${say("board.why")}: ${w.file}` }));
      const file = make("td", null, { class: "file" }, make("bdi", w.file, {}));
      if (w.figures && w.figures.length) {
        const more = make("details", null, {}, make("summary", say("board.figures-of", w.figures.length), {}));
        more.addEventListener("toggle", () => { if (more.open && more.childElementCount === 1) more.append(figureTable(w.figures, w.file)); });
        file.append(more);
      }
      body.append(make("tr", null, {}, file, make("td", null, {}, make("span", say("status." + w.status), { class: "state " + w.status })),
        make("td", w.asOf || "", {}), make("td", w.tables ? shown(w.tables, "#,##0") : "", { class: "num" }), make("td", shown(w.findings, "#,##0"), { class: "num" }), links, make("td", pick(w.note), { class: "note" })));
    }
    byId("count").textContent = found.length > most ? say("board.shown-of", most, found.length) : say("board.shown", found.length);
  }

  function all() {
    document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
    document.title = say("board.title");
    byId("title").textContent = say("board.title");
    byId("made").textContent = data.made ? say("board.made", data.made, data.version) : say("board.made-by", data.version);
    byId("skip").textContent = say("board.skip");
    byId("figures-title").textContent = say("board.figures");
    byId("changes-title").textContent = say("board.changes");
    byId("charts-title").textContent = say("board.charts");
    byId("workbooks-title").textContent = say("board.workbooks");
    byId("search-label").textContent = say("board.search");
    byId("footer").textContent = say("board.footer");
    byId("languages").setAttribute("aria-label", say("board.language"));
    byId("statuses").setAttribute("aria-label", say("board.filter"));
    for (const b of document.querySelectorAll("[data-lang]")) b.setAttribute("aria-pressed", String(b.dataset.lang === lang));
    figures(); changes(); charts(); workbooks();
  }

  for (const b of document.querySelectorAll("[data-lang]")) b.addEventListener("click", () => { lang = b.dataset.lang; all(); });
  byId("search").addEventListener("input", e => { query = e.target.value; rows(); });
  addEventListener("resize", () => drawn.forEach(e => e.resize()));
  addEventListener("beforeprint", () => drawn.forEach(e => e.resize()));
  all();
})();
