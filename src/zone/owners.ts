// Names made from keys: the target of an address service in SRV, MX and NS records.
import { isName, type Name, nameFromReversed } from '../wire/name.ts';
import { labelsOfNode } from './node.ts';
import type { Scope } from './scope.ts';
import { type Stored, strippedDepth } from './stored.ts';

/**
 * The name of a service's key less `targetstrip` labels. Under a stored wildcard the question's own labels stand for the
 * `*`, so that the target is a host name and can be asked for; undefined where that would be longer than a name may be.
 */
export function targetOf(stored: Stored, scope: Scope): Name | undefined {
  const own = labelsOfNode(stored.node);
  const labels = scope.by === 'stored wildcard' ? [...scope.labels, ...own.slice(scope.depth)] : own;
  const name = nameFromReversed(labels.slice(0, strippedDepth(labels.length, stored.traits.targetstrip)));
  return isName(name) ? name : undefined;
}
