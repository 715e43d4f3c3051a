// The answers of a zone, said again in the plainest way: sentences of design section 3 over a flat list of keys. Slow, small
// zones only. Shares nothing with src/zone, so that what both say alike is likely to be right.

export interface ModelZone {
  readonly name: string;
  readonly match: 'subtree' | 'exact';
  readonly apex: 'services' | 'subtree';
  readonly weights: number;
}

interface Value {
  readonly host?: string;
  readonly port?: number;
  readonly priority?: number;
  readonly weight?: number;
  readonly text?: string;
  readonly mail?: boolean;
  readonly ttl?: number;
  readonly targetstrip?: number;
  readonly group?: string;
}

/** Labels root first, joined by slashes, as in a key. */
type Path = readonly string[];

interface Service {
  readonly path: Path;
  readonly value: Value;
  readonly ttl: number;
}

/** A service as a name returns it: under which name its key is seen there. */
interface Seen extends Service {
  readonly name: Path;
}

export interface ModelKey {
  readonly key: string;
  readonly value: string;
  readonly leaseTtl: number;
}

export interface ModelRecord {
  readonly owner: string;
  readonly type: string;
  readonly ttl: number;
  readonly rdata: string;
}

export type ModelAnswer =
  | { readonly kind: 'NXDOMAIN' | 'NODATA' | 'EXTERNAL' }
  | { readonly kind: 'ANSWER'; readonly answers: ModelRecord[]; readonly additional: ModelRecord[] };

const starts = (path: Path, head: Path): boolean => head.every((label, i) => path[i] === label);
const textOf = (path: Path): string => `${[...path].reverse().join('.')}.`;
const pathOf = (name: string): Path =>
  name
    .replace(/\.$/, '')
    .split('.')
    .filter((l) => l !== '')
    .reverse();
const kindOf = ({ host = '' }: Value): 'none' | 'A' | 'AAAA' | 'name' =>
  host === '' ? 'none' : /^[\d.]+$/.test(host) ? 'A' : host.includes(':') ? 'AAAA' : 'name';
const ownerOf = (path: Path, { targetstrip = 0 }: Value): Path =>
  targetstrip < path.length ? path.slice(0, path.length - targetstrip) : path;

export class Model {
  readonly zones: readonly (ModelZone & { readonly path: Path })[];
  readonly services: readonly Service[];
  readonly #known = new Map<string, readonly Seen[]>();

  constructor(zones: readonly ModelZone[], keys: readonly ModelKey[], isBad: (value: string) => boolean) {
    this.zones = zones.map((zone) => ({ ...zone, path: pathOf(zone.name) }));
    this.services = keys
      .filter(({ value }) => !isBad(value))
      .map(({ key, value, leaseTtl }) => {
        const parsed = JSON.parse(value) as Value;
        const ttl = Math.min(parsed.ttl ?? 30, leaseTtl > 0 ? leaseTtl : Number.POSITIVE_INFINITY);
        return { path: key.toLowerCase().split('/').slice(2), value: parsed, ttl };
      })
      .filter(({ path }) => this.zoneOf(path) !== undefined);
  }

  zoneOf(path: Path) {
    const around = this.zones.filter((zone) => starts(path, zone.path));
    return around.sort((a, b) => b.path.length - a.path.length)[0];
  }

  exists(path: Path): boolean {
    return [...this.services, ...this.zones].some((thing) => starts(thing.path, path));
  }

  /** What is below a place, `*` and `any` of a question matching any label. Undefined: the name does not exist. */
  found(path: Path): { readonly seen: readonly Seen[]; readonly depth: number } | undefined {
    const zone = this.zoneOf(path);
    const inside = zone?.path.length ?? 0;
    const isWild = (label: string, i: number) => i >= inside && (label === '*' || label === 'any');
    const below = (head: Path) => this.services.filter((service) => starts(service.path, head));
    if (path.some(isWild)) {
      const fits = (service: Service) =>
        service.path.length >= path.length &&
        path.every((label, i) => isWild(label, i) || label === service.path[i]);
      const seen = this.services.filter(fits).map((service) => ({ ...service, name: service.path }));
      return { seen, depth: path.length };
    }
    if (this.exists(path))
      return { seen: below(path).map((s) => ({ ...s, name: s.path })), depth: path.length };
    let encloser = path;
    while (!this.exists(encloser)) encloser = encloser.slice(0, -1);
    const star = [...encloser, '*'];
    if (!this.exists(star)) return undefined;
    const seen = below(star).map((s) => ({ ...s, name: [...path, ...s.path.slice(star.length)] }));
    return { seen, depth: star.length };
  }

  servicesOf(path: Path, always?: 'exact'): readonly Seen[] {
    const key = `${always} ${textOf(path)}`;
    const known = this.#known.get(key) ?? this.#servicesOf(path, always);
    this.#known.set(key, known);
    return known;
  }

  /** services(N), the apex and `match` minded, the group rule applied. */
  #servicesOf(path: Path, always?: 'exact'): readonly Seen[] {
    const zone = this.zoneOf(path);
    if (zone === undefined) return [];
    const isApex = path.length === zone.path.length;
    const apex = [...zone.path, 'dns', 'apex'];
    if (isApex && zone.apex === 'services' && this.exists(apex)) {
      return this.narrow(this.found(apex), always ?? 'subtree');
    }
    const match = isApex ? (zone.apex === 'subtree' ? 'subtree' : 'exact') : zone.match;
    return this.narrow(this.found(path), always ?? match);
  }

  narrow(found: ReturnType<Model['found']>, match: 'exact' | 'subtree'): readonly Seen[] {
    const seen = (found?.seen ?? []).filter(
      (service) => match === 'subtree' || ownerOf(service.path, service.value).length === found?.depth,
    );
    const shallowest = Math.min(...seen.map(({ path }) => path.length));
    const groups = new Set(
      seen
        .filter(({ path }) => path.length === shallowest)
        .map(({ value }) => value.group ?? '')
        .filter((g) => g !== ''),
    );
    if (groups.size !== 1) return seen;
    return seen.filter(({ value }) => (value.group ?? '') === '' || groups.has(value.group ?? ''));
  }

  own(path: Path, type: string): { ttl: number; rdata: string }[] {
    return this.servicesOf(path).flatMap(({ value, ttl }) => {
      if (type === 'TXT') return (value.text ?? '') === '' ? [] : [{ ttl, rdata: `"${value.text}"` }];
      return kindOf(value) === type ? [{ ttl, rdata: value.host ?? '' }] : [];
    });
  }

  aliases(path: Path, type: string): { ttl: number; to: Path }[] {
    return this.servicesOf(path)
      .filter(({ value }) => kindOf(value) === 'name' && (type !== 'TXT' || (value.text ?? '') === ''))
      .map(({ value, ttl }) => ({ ttl, to: pathOf(value.host ?? '') }));
  }

  /** Whether a chain from `path` of at most `budget` CNAMEs ends in records or outside, `start` not on it. */
  leads(path: Path, type: string, budget: number, start: string): boolean {
    if (textOf(path) === start) return false;
    if (this.zoneOf(path) === undefined || this.own(path, type).length > 0) return true;
    return budget > 0 && this.aliases(path, type).some(({ to }) => this.leads(to, type, budget - 1, start));
  }

  /** Every owner within `budget` CNAMEs. */
  reached(path: Path, type: string, budget = 11): Map<string, Path> {
    const all = new Map([[textOf(path), path]]);
    let edge = [path];
    for (let i = 0; i < budget; i++) {
      edge = edge
        .flatMap((at) => this.aliases(at, type).map(({ to }) => to))
        .filter((to) => !all.has(textOf(to)));
      for (const to of edge) all.set(textOf(to), to);
    }
    return all;
  }

  /** The records of an address or text question but for the CNAMEs of owners further on. */
  followed(path: Path, type: string): ModelRecord[] {
    const records: ModelRecord[] = [];
    for (const [owner, at] of this.reached(path, type))
      for (const { ttl, rdata } of this.own(at, type)) records.push({ owner, type, ttl, rdata });
    for (const { ttl, to } of this.aliases(path, type)) {
      if (this.leads(to, type, 10, textOf(path)))
        records.push({ owner: textOf(path), type: 'CNAME', ttl, rdata: textOf(to) });
    }
    return records;
  }

  targetOf({ name, value }: Seen): string {
    return kindOf(value) === 'name' ? textOf(pathOf(value.host ?? '')) : textOf(ownerOf(name, value));
  }

  /** Addresses of the targets of members, CNAMEs left out. */
  glue(members: readonly Seen[]): ModelRecord[] {
    return members.flatMap((member) => {
      const { value, ttl } = member;
      const kind = kindOf(value);
      if (kind !== 'name')
        return [{ owner: this.targetOf(member), type: kind, ttl, rdata: value.host ?? '' }];
      return ['A', 'AAAA'].flatMap((type) =>
        this.followed(pathOf(value.host ?? ''), type).filter((record) => record.type === type),
      );
    });
  }

  srv(owner: string, scale: number, members: readonly Seen[]): ModelRecord[] {
    const rows = new Map<string, { priority: number; weight: number; rest: string }>();
    for (const member of members) {
      const { priority, weight, port = 0 } = member.value;
      const row = {
        priority: priority || 10,
        weight: weight || 100,
        rest: `${port} ${this.targetOf(member)}`,
      };
      rows.set(JSON.stringify(row), row);
    }
    const ttl = Math.min(...members.map((member) => member.ttl));
    return [...rows.values()].map(({ priority, weight, rest }) => {
      const equals = [...rows.values()].filter((row) => row.priority === priority);
      const sum = equals.reduce((total, row) => total + row.weight, 0);
      const share = Math.max(1, Math.floor((scale * weight) / sum));
      return { owner, type: 'SRV', ttl, rdata: `${priority} ${share} ${rest}` };
    });
  }

  ask(name: string, type: string): ModelAnswer {
    const path = pathOf(name);
    const owner = textOf(path);
    const zone = this.zoneOf(path);
    if (zone === undefined) return { kind: 'EXTERNAL' };
    if (this.found(path) === undefined) return { kind: 'NXDOMAIN' };
    const isApex = path.length === zone.path.length;
    const isReverse = path[0] === 'arpa' && ['in-addr', 'ip6'].includes(path[1] ?? '');
    let answers: ModelRecord[] = [];
    let members: readonly Seen[] = [];
    if (['A', 'AAAA', 'TXT'].includes(type)) answers = this.followed(path, type);
    if (type === 'SRV') {
      members = this.servicesOf(path).filter(({ value }) => kindOf(value) !== 'none');
      answers = this.srv(owner, zone.weights, members);
    }
    if (type === 'MX') {
      members = this.servicesOf(path).filter(({ value }) => kindOf(value) !== 'none' && value.mail === true);
      answers = members.map((member) => ({
        owner,
        type,
        ttl: member.ttl,
        rdata: `${member.value.priority || 10} ${this.targetOf(member)}`,
      }));
    }
    if (type === 'CNAME' || (type === 'PTR' && isReverse)) {
      answers = this.servicesOf(path, 'exact')
        .filter(({ value }) => kindOf(value) === 'name')
        .map((seen) => ({ owner, type, ttl: seen.ttl, rdata: this.targetOf(seen) }));
    }
    const ns = [...zone.path, 'dns', 'ns'];
    if (type === 'NS' && isApex && this.exists(ns)) {
      members = this.narrow(this.found(ns), 'subtree').filter(({ value }) =>
        ['A', 'AAAA'].includes(kindOf(value)),
      );
      answers = members.map((member) => ({ owner, type, ttl: member.ttl, rdata: this.targetOf(member) }));
    }
    if (answers.length === 0) return { kind: 'NODATA' };
    return { kind: 'ANSWER', answers: asSets(answers), additional: asSets(this.glue(members)) };
  }
}

/** Duplicates removed, the smallest TTL for all of an RRset. */
function asSets(records: readonly ModelRecord[]): ModelRecord[] {
  const unique = new Map<string, ModelRecord>();
  for (const record of records) {
    const { owner, type, rdata } = record;
    const set = records.filter((other) => other.owner === owner && other.type === type);
    unique.set(`${owner} ${type} ${rdata}`, { ...record, ttl: Math.min(...set.map(({ ttl }) => ttl)) });
  }
  return [...unique.values()];
}
