"use strict";
(() => {
  const NEAR = 4;
  const STEP = 1.25;
  const MOST = 6;
  const LEAST = 0.62;
  const PAN = 60;
  const clamp = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));

  const enliven = (box) => {
    const view = box.querySelector(".view");
    const svg = view.querySelector("svg");
    const tip = box.querySelector(".tip");
    const pinned = box.querySelector(".pinned");
    const ways = [...svg.querySelectorAll(".way")];
    const told = [...box.querySelectorAll(".told > li")];
    const whole = { width: svg.viewBox.baseVal.width, height: svg.viewBox.baseVal.height };
    const pointers = new Map();
    let first = 1;
    let scale = 1;
    let x = 0;
    let y = 0;
    let start = null;
    let moved = false;
    let kept = null;

    const show = () => {
      const width = view.clientWidth / scale;
      const height = view.clientHeight / scale;
      x = clamp(x, 0, whole.width - width);
      y = clamp(y, 0, whole.height - height);
      svg.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
      view.classList.toggle("zoomed", scale > first);
    };
    const fit = () => {
      if (!view.clientWidth) return;
      first = clamp(view.clientWidth / whole.width, LEAST, 1);
      view.style.height = `${Math.ceil(whole.height * first)}px`;
      scale = first;
      x = 0;
      y = 0;
      show();
    };
    const zoomed = (factor) => clamp(scale * factor, Math.min(first, view.clientWidth / whole.width), MOST);
    const zoom = (factor, at = { x: view.clientWidth / 2, y: view.clientHeight / 2 }) => {
      const next = zoomed(factor);
      x += at.x / scale - at.x / next;
      y += at.y / scale - at.y / next;
      scale = next;
      show();
    };
    const spot = (event) => {
      const frame = view.getBoundingClientRect();
      return { x: event.clientX - frame.left, y: event.clientY - frame.top };
    };

    const hide = () => { tip.hidden = true; };
    const tell = (way, at) => {
      tip.replaceChildren(...told[ways.indexOf(way)].querySelector(".short").cloneNode(true).childNodes);
      tip.hidden = false;
      tip.style.left = `${view.offsetLeft + clamp(at.x + 14, 0, view.clientWidth - tip.offsetWidth)}px`;
      const below = view.getBoundingClientRect().top + at.y + 18 + tip.offsetHeight < innerHeight;
      tip.style.top = `${view.offsetTop + (below ? at.y + 18 : at.y - tip.offsetHeight - 12)}px`;
    };
    const pin = (way) => {
      if (kept) kept.setAttribute("aria-pressed", "false");
      kept = way;
      svg.classList.toggle("pinning", Boolean(way));
      pinned.hidden = !way;
      if (!way) return;
      way.setAttribute("aria-pressed", "true");
      pinned.querySelector(".what").replaceChildren(...told[ways.indexOf(way)].cloneNode(true).childNodes);
    };
    const go = (step) => {
      if (!ways.length) return;
      const at = ways.indexOf(svg.getRootNode().activeElement);
      const way = ways.at((at < 0 && step < 0 ? step : at + step) % ways.length);
      const frame = way.getBBox();
      const width = view.clientWidth / scale;
      const height = view.clientHeight / scale;
      if (frame.x < x || frame.x > x + width) x = frame.x - 20;
      if (frame.y < y || frame.y + frame.height > y + height) y = frame.y - height / 3;
      show();
      way.focus({ preventScroll: true });
    };

    ways.forEach((way) => {
      const title = way.querySelector("title");
      way.setAttribute("role", "button");
      way.setAttribute("aria-label", title.textContent);
      way.setAttribute("aria-pressed", "false");
      way.setAttribute("tabindex", "-1");
      title.remove();
    });
    view.addEventListener("wheel", (event) => {
      const wanted = event.ctrlKey || event.metaKey;
      const factor = Math.exp(-event.deltaY * [0.002, 0.032, 0.8][event.deltaMode]);
      if (!wanted && (!view.matches(":focus-within") || zoomed(factor) === scale)) return;
      event.preventDefault();
      zoom(factor, spot(event));
      hide();
    }, { passive: false });
    view.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      pointers.set(event.pointerId, spot(event));
      start = spot(event);
      moved = pointers.size > 1;
    });
    view.addEventListener("pointermove", (event) => {
      const now = spot(event);
      const old = pointers.get(event.pointerId);
      if (!old) {
        const way = event.target.closest(".way");
        if (way) tell(way, now);
        else hide();
        return;
      }
      if (!moved && Math.hypot(now.x - start.x, now.y - start.y) < NEAR) return;
      if (!moved) view.setPointerCapture(event.pointerId);
      moved = true;
      hide();
      const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, one]) => one);
      if (others.length) {
        const far = (one) => Math.hypot(one.x - others[0].x, one.y - others[0].y) || 1;
        zoom(far(now) / far(old), { x: (now.x + others[0].x) / 2, y: (now.y + others[0].y) / 2 });
      } else {
        x -= (now.x - old.x) / scale;
        y -= (now.y - old.y) / scale;
        show();
      }
      pointers.set(event.pointerId, now);
    });
    for (const kind of ["pointerup", "pointercancel"]) {
      view.addEventListener(kind, (event) => pointers.delete(event.pointerId));
    }
    view.addEventListener("pointerleave", hide);
    view.addEventListener("dragstart", (event) => event.preventDefault());
    view.addEventListener("click", (event) => {
      const way = event.target.closest(".way");
      if (way || moved) event.preventDefault();
      if (way && !moved) pin(way === kept ? null : way);
      moved = false;
    });
    view.addEventListener("focusin", (event) => {
      const way = event.target.closest(".way");
      if (!way || pointers.size) return;
      const frame = way.getBBox();
      tell(way, { x: (frame.x + 12 - x) * scale, y: (frame.y - y) * scale });
    });
    view.addEventListener("focusout", hide);
    const keys = {
      "+": () => zoom(STEP), "=": () => zoom(STEP), "-": () => zoom(1 / STEP), 0: fit,
      n: () => go(1), p: () => go(-1),
      ArrowLeft: () => { x -= PAN / scale; show(); }, ArrowRight: () => { x += PAN / scale; show(); },
      ArrowUp: () => { y -= PAN / scale; show(); }, ArrowDown: () => { y += PAN / scale; show(); },
      Escape: () => { pin(null); hide(); view.focus({ preventScroll: true }); },
      Enter: (way) => { if (way) pin(way === kept ? null : way); },
    };
    keys[" "] = keys.Enter;
    view.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      keys[event.key](event.target.closest(".way"));
    });
    const does = { in: () => zoom(STEP), out: () => zoom(1 / STEP), whole: fit, unpin: () => pin(null) };
    for (const button of box.querySelectorAll("button[data-do]")) {
      button.addEventListener("click", () => does[button.dataset.do]());
    }

    let width = 0;
    new ResizeObserver(() => {
      if (view.clientWidth === width || matchMedia("print").matches) return;
      width = view.clientWidth;
      fit();
    }).observe(view);
    addEventListener("beforeprint", () => svg.setAttribute("viewBox", `0 0 ${whole.width} ${whole.height}`));
    addEventListener("afterprint", show);
    box.classList.add("live");
    fit();
  };

  for (const box of document.querySelectorAll(".reachsim-map:not(.live)")) enliven(box);
})();
