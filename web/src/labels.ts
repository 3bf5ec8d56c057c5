import type { Backend, Desk } from "./backend";
import { colourAt } from "./colours";
import type { Saver } from "./saver";
import type { Labels as LabelsMessage } from "./types";

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
