/** What the page does: no library, and nothing of the service is in it, so that its hash is known. */
export const script = `
const el = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};
const isText = (type) => /json|^text\\//.test(type);
const size = (bytes) => bytes < 1000 ? bytes + " bytes" : (bytes / 1000).toFixed(1) + " kB";
const quoted = (text) => "'" + text.replaceAll("'", "'\\\\''") + "'";
const pretty = (value, indent = "") => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const deeper = indent + "  ";
  const isArray = Array.isArray(value);
  const [open, close] = isArray ? ["[", "]"] : ["{", "}"];
  const members = isArray
    ? value.map((element) => pretty(element, deeper))
    : Object.entries(value).map(([name, member]) => JSON.stringify(name) + ": " + pretty(member, deeper));
  const line = members.join(", ");
  const fits = indent.length + line.length <= 56 && !line.includes("\\n");
  return fits ? open + line + close : open + "\\n" + members.map((member) => deeper + member).join(",\\n") + "\\n" + indent + close;
};

for (const section of document.querySelectorAll("section")) {
  const { name } = section.dataset;
  const examples = JSON.parse(section.querySelector("script").textContent);
  const form = section.querySelector("form");
  const { type, accept, body, file, send, copy } = form.elements;
  const [answer, curl, chosen] = [".answer", ".curl", ".chosen"].map((selector) => section.querySelector(selector));
  const picked = () => (type.value in examples ? undefined : file.files[0]);
  const contentType = () => (type.value.includes("*") ? picked()?.type || "application/octet-stream" : type.value);

  const command = () => {
    const url = new URL(name, location.href).href;
    const lines = ["curl " + quoted(url), "-H " + quoted("content-type: " + contentType())];
    if (accept?.selectedIndex > 0) lines.push("-H " + quoted("accept: " + accept.value));
    if (type.value in examples) lines.push("--data-binary " + quoted(body.value));
    else lines.push("--data-binary @" + quoted(picked()?.name ?? "FILE"), "--output answer");
    return lines.join(" \\\\\\n  ");
  };
  const refresh = () => {
    const isTyped = type.value in examples;
    form.querySelector(".typed").hidden = !isTyped;
    form.querySelector(".filed").hidden = isTyped;
    curl.textContent = command();
    chosen.replaceChildren();
    const one = picked();
    if (one?.type.startsWith("image/")) {
      chosen.append(el("img", { src: URL.createObjectURL(one), alt: "The chosen image" }));
    }
  };
  const restore = () => {
    body.value = examples[type.value] ?? "";
    refresh();
  };
  const show = (...children) => {
    answer.classList.add("there");
    answer.replaceChildren(...children);
  };

  const ask = async () => {
    const one = picked();
    if (!(type.value in examples) && one === undefined) {
      file.focus();
      return show(el("p", { className: "hint", textContent: "Choose a file first." }));
    }
    const headers = { "content-type": contentType() };
    if (accept?.value) headers.accept = accept.value;
    if (one) headers["content-disposition"] = 'attachment; filename="' + encodeURIComponent(one.name) + '"';
    send.disabled = true;
    const began = performance.now();
    try {
      const response = await fetch(name, { method: "POST", headers, body: one ?? body.value });
      const blob = await response.blob();
      const took = performance.now() - began;
      await tell(response, blob, took);
    } catch (error) {
      show(el("span", { className: "status bad", textContent: "No answer" }), el("p", { className: "hint", textContent: "The server cannot be reached: " + error.message }));
    } finally {
      send.disabled = false;
    }
  };
  const tell = async (response, blob, took) => {
    const kind = response.headers.get("content-type") ?? "";
    const level = response.ok ? "good" : response.status < 500 ? "warn" : "bad";
    const summary = el("div", { className: "summary" },
      el("span", { className: "status " + level, textContent: response.status + " " + response.statusText }),
      el("span", { className: "time", textContent: took.toFixed(took < 10 ? 1 : 0) + " ms" }),
      el("span", { textContent: size(blob.size) }),
      el("span", { textContent: "request " + response.headers.get("x-request-id") }));
    if (isText(kind)) {
      const text = await blob.text();
      const value = /json/.test(kind) ? JSON.parse(text) : undefined;
      const issues = value?.error?.issues ?? [];
      const whole = el("pre", { textContent: value === undefined ? text : pretty(value), tabIndex: 0 });
      show(summary, ...(value?.error ? [el("p", { className: "told", textContent: value.error.message })] : []),
        ...(issues.length > 1 ? [el("ul", { className: "issues" }, ...issues.map(({ path, message }) => el("li", {}, el("code", { textContent: path || "the input" }), " " + message)))] : []),
        value?.error ? el("details", {}, el("summary", { textContent: "JSON" }), whole) : whole);
    } else {
      const href = URL.createObjectURL(blob);
      const link = el("a", { href, download: name, textContent: "Save " + kind });
      const image = kind.startsWith("image/") ? [el("img", { src: href, alt: "The answer" })] : [];
      show(summary, ...image, el("p", {}, link));
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("input", refresh);
  type.addEventListener("change", restore);
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    restore();
  });
  copy.addEventListener("click", async () => {
    // Where the browser gives no clipboard, the command is selected.
    getSelection().selectAllChildren(curl);
    await navigator.clipboard?.writeText(curl.textContent);
    copy.textContent = "Copied";
    setTimeout(() => (copy.textContent = "Copy"), 1500);
  });
  restore();
}
`;
