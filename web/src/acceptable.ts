import { isCurrent, type Item } from "./items";
import type { Sight } from "./sight";
import { strings } from "./strings";

/** Why an object cannot be accepted as it is shown, and have it shown; empty if it can be accepted. */
export function reasonAgainst(item: Item, sight: Sight): string {
  if (!isCurrent(item)) return strings.hint.noMask;
  if (!item.mask) return strings.hint.nothing;
  if (sight.meets(item)) return "";
  sight.reveal(item);
  return strings.hint.unseen;
}
