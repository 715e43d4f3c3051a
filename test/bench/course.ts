// Services as a course: in etcd, as a zone, as a hosts file, and as questions.
import { writeFileSync } from 'node:fs';
import type { TestBed } from './harness/bed.ts';
import type { Course } from './harness/contest.ts';
import type { Codes } from './harness/dnsperf.ts';
import { fill } from './harness/fill.ts';
import { progress } from './harness/progress.ts';
import { whole } from './harness/results.ts';
import { random } from './harness/stats.ts';
import { type BenchService, services, writeHosts, writeQuestions, writeZone } from './services.ts';

/** Enough of etcd for a million keys. */
export const ROOMY: readonly string[] = ['--quota-backend-bytes', `${8 * 2 ** 30}`];
/** Questions in a file that is measured with: more than a slice takes, so that none is asked twice in it by plan. */
const SAMPLE = 400_000;
const FILES = 4;

export interface CourseData {
  readonly all: readonly BenchService[];
  /** Writes `zone` into the folder. */
  zone(path: string): void;
  /** Every question once. */
  questions(path: string): void;
  /** One question, drawn at random. */
  draw(next: () => number): string;
  readonly edns?: boolean;
  readonly codes?: Codes;
}

/** `count` services with one address each, asked for their addresses. */
export function addressData(count: number, edns: boolean): CourseData {
  const all = services(count);
  return {
    all,
    edns,
    zone: (path) => writeZone(path, all),
    questions: (path) => writeQuestions(path, all),
    draw: (next) => `${all[Math.floor(next() * count)]?.name} A`,
  };
}

export async function prepare(bed: TestBed, label: string, course: CourseData): Promise<Course> {
  progress(`${label}: writing ${whole(course.all.length)} services into etcd and zone files`);
  const folder = bed.folder('data');
  const etcd = await bed.etcd(ROOMY);
  await fill(etcd.endpoint, course.all);
  course.zone(`${folder}/zone`);
  writeHosts(`${folder}/hosts`, course.all);
  course.questions(`${folder}/questions`);
  const measured = Array.from({ length: FILES }, (_, i) => `${folder}/questions-${i}`);
  measured.forEach((path, seed) => {
    writeSample(path, course.draw, seed);
  });
  const { edns = false, codes } = course;
  const questions = { all: `${folder}/questions`, measured, edns, ...(codes === undefined ? {} : { codes }) };
  return { label, questions, data: { services: course.all, etcd: etcd.endpoint, folder } };
}

function writeSample(path: string, draw: CourseData['draw'], seed: number): void {
  const next = random(seed + 100);
  writeFileSync(path, Array.from({ length: SAMPLE }, () => `${draw(next)}\n`).join(''));
}
