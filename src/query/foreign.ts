// Records out of other servers' answers, to stand in answers of our own.
import type { Answer } from '../upstream/cache.ts';
import { ageOf, STALE_TTL } from '../upstream/cache-render.ts';
import { Class, Type } from '../wire/codes.ts';
import { type ResourceRecord, readMessage } from '../wire/message.ts';
import { type Name, sameName } from '../wire/name.ts';
import { typeOf } from '../wire/rdata.ts';
import { MAX_CHAIN } from '../zone/walk.ts';

/**
 * The records of `type` that the answer has for `name`, behind the CNAMEs that lead to them; TTLs are those of the moment
 * (`now` in milliseconds since 1970). Records of other owners are passed over.
 */
export function recordsOf(answer: Answer, name: Name, type: number, now: number): ResourceRecord[] {
  const all = readMessage(answer.reply.message)?.answers ?? [];
  const records = all.filter((record) => record.class === Class.IN);
  const found: ResourceRecord[] = [];
  let owner = name;
  for (let length = 0; length <= MAX_CHAIN; length++) {
    const own = records.filter((record) => sameName(record.owner, owner));
    const wanted = own.filter(({ rdata }) => typeOf(rdata) === type);
    if (wanted.length > 0) return [...found, ...wanted].map((record) => ofTheMoment(record, answer, now));
    const alias = own.find(({ rdata }) => rdata.type === Type.CNAME);
    if (alias?.rdata.type !== Type.CNAME) break;
    found.push(alias);
    owner = alias.rdata.target;
  }
  return [];
}

function ofTheMoment(record: ResourceRecord, answer: Answer, now: number): ResourceRecord {
  return { ...record, ttl: answer.stale ? STALE_TTL : Math.max(0, record.ttl - ageOf(answer, now)) };
}
