// Labels in the order of their keys, and colours of their own (`iog.annotator.store.labels`).

import { Refusal } from "../backend";
import { FLAGS } from "../facts";
import type { Attribute, Labels } from "../types";
import type { Database, Tables } from "./database";
import { type ObjectRow, type Step, present } from "./rows";

const [LABELS, COLOURS, ATTRIBUTES] = ["labels", "colours", "attributes"];

const ASKED_ANYWAY = new Set<string>([...FLAGS, "group", "description"]);

export async function labelsOf(tables: Tables): Promise<string[]> {
  return (await tables.get<string[]>("settings", LABELS!)) ?? ["object"];
}

export async function attributesOf(tables: Tables): Promise<Attribute[]> {
  return (await tables.get<Attribute[]>("settings", ATTRIBUTES!)) ?? [];
}

/** Those that are new; what the project asks stays. */
export async function addAttributes(tables: Tables, attributes: Attribute[]): Promise<void> {
  const known = await attributesOf(tables);
  const others = attributes.filter(({ name }) => !known.some((other) => other.name === name));
  await tables.put("settings", [...known, ...others], ATTRIBUTES);
}

async function stateOf(tables: Tables): Promise<Labels> {
  return { labels: await labelsOf(tables), colours: (await tables.get<Record<string, string>>("settings", COLOURS!)) ?? {} };
}

export class LabelTable {
  constructor(private readonly database: Database) {}

  read(): Promise<Labels> {
    return this.database.read(stateOf);
  }

  set(labels: string[]): Promise<Labels> {
    const names = [...new Set(labels.map((label) => label.trim()).filter(Boolean))];
    return this.change(async (_, state) => ({ ...state, labels: names }));
  }

  /** In the list, in all objects, and in what undo brings back. */
  rename(old: string, name: string): Promise<Labels> {
    return this.change(async (tables, { labels, colours }) => {
      if (!labels.includes(old)) {
        if (labels.includes(name)) return { labels, colours }; // asked again, because the first answer was lost
        throw new Refusal(`the project has no label '${old}'`);
      }
      if (labels.includes(name) && name !== old) {
        throw new Refusal(`there is a label '${name}' already; give the objects that one instead of renaming '${old}'`);
      }
      await relabel(tables, old, name);
      const named = (label: string) => (label === old ? name : label);
      return { labels: labels.map(named), colours: kept(colours, named) };
    });
  }

  /** All objects of a label get another one, also in what undo brings back, and it goes. */
  merge(old: string, name: string): Promise<Labels> {
    return this.change(async (tables, { labels, colours }) => {
      if (!labels.includes(name) || name === old) throw new Refusal(`the project has no other label '${name}'`);
      await relabel(tables, old, name);
      return without(old, labels, colours);
    });
  }

  delete(label: string): Promise<Labels> {
    return this.change(async (tables, { labels, colours }) => {
      if (!labels.includes(label)) return { labels, colours }; // asked again
      const count = present(await tables.all<ObjectRow>("objects")).filter((row) => row.label === label).length;
      const objects = count === 1 ? "1 object has" : `${count} objects have`;
      if (count) throw new Refusal(`${objects} the label '${label}'; merge it into another one instead`);
      if (labels.length === 1) throw new Refusal("this is the only label; add another one first");
      return without(label, labels, colours);
    });
  }

  /** #rrggbb; null: by its place in the list. */
  paint(label: string, colour: string | null): Promise<Labels> {
    return this.change(async (_, { labels, colours }) => {
      if (!labels.includes(label)) throw new Refusal(`the project has no label '${label}'`);
      const others = without(label, labels, colours).colours;
      return { labels, colours: colour === null ? others : { ...others, [label]: colour } };
    });
  }

  /** What objects are asked. */
  attributes(): Promise<Attribute[]> {
    return this.database.read(attributesOf);
  }

  ask(attributes: Attribute[]): Promise<Attribute[]> {
    return this.database.write(async (tables) => {
      for (const [place, { name }] of attributes.entries()) {
        if (ASKED_ANYWAY.has(name.toLowerCase())) throw new Refusal(`every object is asked for '${name}' already; choose another name`);
        if (attributes.findIndex((other) => other.name === name) < place) throw new Refusal(`there are two attributes '${name}'; give one another name`);
      }
      await tables.put("settings", attributes, ATTRIBUTES);
      return attributes;
    });
  }

  private change(task: (tables: Tables, state: Labels) => Promise<Labels>): Promise<Labels> {
    return this.database.write(async (tables) => {
      const state = await task(tables, await stateOf(tables));
      await tables.put("settings", state.labels, LABELS);
      await tables.put("settings", state.colours, COLOURS);
      return state;
    });
  }
}

function without(label: string, labels: string[], colours: Record<string, string>): Labels {
  return { labels: labels.filter((other) => other !== label), colours: kept(colours, (other) => (other === label ? null : other)) };
}

const kept = (colours: Record<string, string>, named: (label: string) => string | null): Record<string, string> =>
  Object.fromEntries(Object.entries(colours).flatMap(([label, colour]) => {
    const name = named(label);
    return name === null ? [] : [[name, colour]];
  }));

async function relabel(tables: Tables, old: string, name: string): Promise<void> {
  const touched = new Set<number>();
  for (const step of await tables.all<Step>("steps")) {
    if (step.label !== old) continue;
    touched.add(step.object);
    await tables.put("steps", { ...step, label: name });
  }
  for (const row of await tables.all<ObjectRow>("objects")) {
    if (!touched.has(row.id)) continue;
    await tables.put("objects", { ...row, label: row.label === old ? name : row.label, version: row.version + 1 });
  }
}
