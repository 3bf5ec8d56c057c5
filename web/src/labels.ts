import type { Backend, Desk } from "./backend";
import type { Saver } from "./saver";
import type { Labels as LabelsMessage } from "./types";

// Okabe and Ito's colours: told apart with any kind of colour vision. Beyond them, hues far from their neighbours'.
const COLOURS = ["#0072b2", "#e69f00", "#cc79a7", "#009e73", "#d55e00", "#56b4e9", "#f0e442", "#8a63d2"];
const GOLDEN_ANGLE = 137.508; // degrees

/** The names of the project's objects, in the order of their keys. */
export class Labels {
  names: string[] = [];
  /** Labels with colours of their own. */
  private own: Record<string, string> = {};

  constructor(private readonly backend: Backend, private readonly saver: Saver) {}

  /** #rrggbb, by the label's place in the list. */
  colour(label: string): string {
    const own = this.own[label];
    if (own) return own;
    const place = this.names.indexOf(label);
    return colourAt(place < 0 ? this.names.length : place);
  }

  /** What the project says. */
  read(labels: string[], colours: Record<string, string> = {}): void {
    this.names = labels;
    this.own = colours;
  }

  /** Something that not every backend can do. */
  async change(task: (desk: Desk) => Promise<LabelsMessage>): Promise<void> {
    const { desk } = this.backend;
    if (!desk) return;
    const { labels, colours } = await this.saver.run(() => task(desk));
    this.read(labels, colours);
  }

  async order(names: string[]): Promise<void> {
    this.names = await this.saver.run(() => this.backend.setLabels(names));
  }

  async add(name: string): Promise<void> {
    this.names = await this.saver.run(() => this.backend.setLabels([...this.names, name]));
  }

  /** In the whole project. */
  async rename(old: string, name: string): Promise<void> {
    this.names = await this.saver.run(() => this.backend.renameLabel(old, name));
    const own = this.own[old];
    if (own) this.own = { ...this.own, [name]: own };
  }
}

function colourAt(place: number): string {
  const fixed = COLOURS[place];
  if (fixed) return fixed;
  const beyond = place - COLOURS.length;
  const lightness = [0.42, 0.6, 0.5][beyond % 3]!;
  return hexOf((beyond * GOLDEN_ANGLE + 20) % 360, 0.7, lightness);
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
