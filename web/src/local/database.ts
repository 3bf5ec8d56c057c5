// IndexedDB with promises. A task's reads and writes hold all or not at all, and what it wrote is on the disk when it resolves.

import { Lost } from "../backend";

const VERSION = 1;

const STORES = {
  /** PhotoRow by its id. */
  photos: { keyPath: "id", autoIncrement: true },
  /** A photo's file, or the handle that leads to it, by the photo's id. */
  files: {},
  /** Small pictures by the photo's id. */
  thumbnails: {},
  /** ObjectRow by its id. */
  objects: { keyPath: "id", autoIncrement: true },
  /** Step by [object, position]. */
  steps: { keyPath: ["object", "position"] },
  /** Entry by its id, in the order of time. */
  history: { keyPath: "id", autoIncrement: true },
  /** Timing by its id, in the order of time. */
  timings: { keyPath: "id", autoIncrement: true },
  /** The project's labels. */
  settings: {},
} as const;

export type StoreName = keyof typeof STORES;

export const FULL =
  "the browser has no room left for this project: download all work, then free space on the disk or remove photos from this page";

export class Database {
  private constructor(private readonly db: IDBDatabase) {}

  static open(name: string): Promise<Database> {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => {
      for (const [store, options] of Object.entries(STORES)) request.result.createObjectStore(store, options as IDBObjectStoreParameters);
      const made = (store: StoreName) => request.transaction!.objectStore(store);
      made("photos").createIndex("path", "path", { unique: true });
      made("objects").createIndex("photo", "photo");
      made("history").createIndex("photo", "photo");
      made("timings").createIndex("object", "object");
    };
    return answer(request).then(
      (db) => new Database(db),
      (error: Error) => {
        throw new Lost(`the browser keeps no data for this page (${error.message}); leave its private mode, or allow site data`);
      },
    );
  }

  read<T>(task: (tables: Tables) => Promise<T>): Promise<T> {
    return this.run("readonly", task);
  }

  /** Within a task only the tables may be waited for. Rejects as `Lost` when the disk is full; then nothing was written. */
  write<T>(task: (tables: Tables) => Promise<T>): Promise<T> {
    return this.run("readwrite", task);
  }

  private async run<T>(mode: IDBTransactionMode, task: (tables: Tables) => Promise<T>): Promise<T> {
    const transaction = this.db.transaction(Object.keys(STORES), mode, { durability: "strict" });
    const ended = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("the browser gave up saving"));
    });
    ended.catch(() => undefined);
    let result: T;
    try {
      result = await task(new Tables(transaction));
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // It has ended already.
      }
      throw understood(error);
    }
    await ended.catch((error) => { throw understood(error); });
    return result;
  }
}

function understood(error: unknown): unknown {
  return error instanceof DOMException && error.name === "QuotaExceededError" ? new Lost(FULL) : error;
}

/** The tables within one transaction. */
export class Tables {
  constructor(private readonly transaction: IDBTransaction) {}

  get<T>(store: StoreName, key: IDBValidKey): Promise<T | undefined> {
    return answer(this.transaction.objectStore(store).get(key));
  }

  /** All rows, or those of an index's key or a range of keys, in order. */
  all<T>(store: StoreName, keys?: IDBValidKey | IDBKeyRange, index?: string): Promise<T[]> {
    const table = this.transaction.objectStore(store);
    return answer((index ? table.index(index) : table).getAll(keys));
  }

  /** Add or replace a row; its key. */
  put(store: StoreName, row: unknown, key?: IDBValidKey): Promise<IDBValidKey> {
    return answer(this.transaction.objectStore(store).put(row, key));
  }

  remove(store: StoreName, keys: IDBValidKey | IDBKeyRange): Promise<undefined> {
    return answer(this.transaction.objectStore(store).delete(keys));
  }
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
