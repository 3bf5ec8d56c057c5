// Colours of labels, by their place in the list.

type Lab = [number, number, number];

// Okabe and Ito's colours: told apart with any kind of colour vision.
const FIRST = ["#0072b2", "#e69f00", "#cc79a7", "#009e73", "#d55e00", "#56b4e9", "#f0e442", "#8a63d2"];
const HUES = 30;
const TONES: [saturation: number, lightness: number][] = [[0.85, 0.3], [0.8, 0.45], [0.75, 0.6], [0.7, 0.75], [0.35, 0.4], [0.35, 0.65]];

const known = FIRST.map((colour) => ({ colour, lab: labOf(colour) }));
const free = TONES.flatMap(([saturation, lightness]) =>
  Array.from({ length: HUES }, (_, step) => hexOf((step * 360) / HUES, saturation, lightness)),
).map((colour) => ({ colour, lab: labOf(colour), distance: Infinity }));
let measured = 0; // of the known ones, those that the free ones' distances are of

/** #rrggbb: beyond the first eight the one that is farthest from all before it, as an eye sees it; then they repeat. */
export function colourAt(place: number): string {
  while (known.length <= place && free.length > 0) {
    for (; measured < known.length; measured++) {
      for (const one of free) one.distance = Math.min(one.distance, distance(one.lab, known[measured]!.lab));
    }
    const best = free.reduce((far, one, index) => (one.distance > free[far]!.distance ? index : far), 0);
    known.push(...free.splice(best, 1));
  }
  return known[place % known.length]!.colour;
}

/** How different two colours look. */
export function difference(one: string, other: string): number {
  return distance(labOf(one), labOf(other));
}

function distance([a, b, c]: Lab, [x, y, z]: Lab): number {
  return Math.hypot(a - x, b - y, c - z);
}

/** Oklab, in which equal distances look equal (Ottosson 2020). */
function labOf(colour: string): Lab {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as Lab;
  const long = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const middle = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const short = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * long + 0.793617785 * middle - 0.0040720468 * short,
    1.9779984951 * long - 2.428592205 * middle + 0.4505937099 * short,
    0.0259040371 * long + 0.7827717662 * middle - 0.808675766 * short,
  ];
}

/** HSL (degrees, 0..1, 0..1) as #rrggbb. */
function hexOf(hue: number, saturation: number, lightness: number): string {
  const channel = (offset: number) => {
    const place = (offset + hue / 30) % 12;
    const value = lightness - saturation * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(place - 3, 9 - place, 1));
    return Math.round(255 * value).toString(16).padStart(2, "0");
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}
