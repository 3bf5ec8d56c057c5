type Child = Node | string | null;
type Properties<K extends keyof HTMLElementTagNameMap> = Omit<Partial<HTMLElementTagNameMap[K]>, "dataset"> & {
  aria?: Record<string, string>;
  data?: Record<string, string>;
  on?: { [E in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[E]) => void };
};

/** An element with properties, listeners and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, properties: Properties<K> | Record<string, never> = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const { aria, data, on, ...rest } = properties as Properties<K>;
  const element = Object.assign(document.createElement(tag), rest);
  for (const [name, value] of Object.entries(aria ?? {})) element.setAttribute(`aria-${name}`, value);
  for (const [name, value] of Object.entries(data ?? {})) element.dataset[name] = value;
  for (const [name, listener] of Object.entries(on ?? {})) {
    element.addEventListener(name, listener as EventListener);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Only where it differs: a text that is set anew makes the browser lay out the page. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const ICONS = {
  previous: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  up: "M6 15l6-6 6 6",
  down: "M6 9l6 6 6-6",
  undo: "M9 14L4 9l5-5M4 9h9a6 6 0 0 1 0 12h-3",
  redo: "M15 14l5-5-5-5M20 9h-9a6 6 0 0 0 0 12h3",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  brush: "M4 20c3 0 5-1 5-4a3 3 0 0 1 6 0M12 14L20 4",
  eraser: "M8 20h12M5 15l9-10 6 6-8 9H9z",
  polygon: "M5 19L4 8l8-4 8 6-3 9zM4 8v.1M12 4v.1M20 10v.1M17 19v.1M5 19v.1",
  magnet: "M6 4v8a6 6 0 0 0 12 0V4h-4v8a2 2 0 0 1-4 0V4zM6 8h4M14 8h4",
  points: "M6 18L10 7l9 3M4 16h4v4H4zM8 5h4v4H8zM17 8h4v4h-4z",
  photos: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9v.1",
  panel: "M4 7h9M17 7h3M4 17h3M11 17h9M13 4.5v5M7 14.5v5",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6z",
  hidden: "M3 3l18 18M10 6c8-2 12 6 12 6l-3 4M6 8c-3 2-4 4-4 4s4 7 10 7l4-1",
  remove: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  zoomIn: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L21 21M10.5 8v5M8 10.5h5",
  zoomOut: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L21 21M8 10.5h5",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  help: "M9 9a3 3 0 1 1 4 3c-1 .5-1 1-1 2M12 18v.1",
  theme: "M20 14A8 8 0 1 1 10 4a7 7 0 0 0 10 10z",
  export: "M12 4v11M7 10l5 5 5-5M4 20h16",
  label: "M4 4h8l9 9-8 8-9-9zM8.5 8.5v.1",
  rename: "M4 20l1-5L16 4l4 4L9 19zM13 7l4 4",
  check: "M5 13l4 4 10-11",
  close: "M6 6l12 12M18 6L6 18",
} as const;

export type Icon = keyof typeof ICONS;

export function icon(name: Icon): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button that shows an icon; its name is spoken and shown as a tooltip. */
export function iconButton(name: Icon, label: string, press: () => void): HTMLButtonElement {
  return h(
    "button",
    { type: "button", className: "icon", title: label, aria: { label }, on: { click: press } },
    icon(name),
  );
}

/** Do something; `said` tells what went wrong. Whether it worked. */
export async function tried(said: HTMLElement, task: () => Promise<unknown>): Promise<boolean> {
  said.textContent = "";
  try {
    await task();
    return true;
  } catch (error) {
    said.textContent = (error as Error).message;
    return false;
  }
}

/** Give the person a file. */
export function save(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
