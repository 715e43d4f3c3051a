// The page in a real browser, beside a real etcd: found by its words, driven by mouse and keys, and judged by axe.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fill } from '../bench/harness/fill.ts';
import { Browser, type Tab } from '../support/browser.ts';
import type { TestEtcd } from '../support/etcd.ts';
import { freePort } from '../support/ports.ts';
import { Scene } from '../support/scene.ts';
import type { TestServer } from '../support/server.ts';

const soon = { timeout: 60_000, interval: 50 };
const scene = new Scene();
const PREFIX = '/skydns/local/skydns';
let etcd: TestEtcd;
let server: TestServer;
let browser: Browser;
let args: string[];
let url: string;
const tabs: Tab[] = [];

async function open(): Promise<Tab> {
  const tab = await browser.open(url);
  tabs.push(tab);
  await shown(tab, /^\d+ services?$/);
  return tab;
}

/** Waits until so much is shown. */
function shown(tab: Tab, text: RegExp): Promise<void> {
  return tab.page.locator('#shown', { hasText: text }).waitFor();
}

function put(key: string, value: object | string): Promise<string> {
  return etcd.ctl('put', `${PREFIX}/${key}`, typeof value === 'string' ? value : JSON.stringify(value));
}

beforeAll(async () => {
  [etcd, browser] = await Promise.all([scene.etcd(), Browser.start()]);
  scene.onEnd(() => browser.close());
  const [dns, http] = [await freePort(), await freePort()];
  url = `http://127.0.0.1:${http}/`;
  args = ['--registry', `etcd://${etcd.endpoint}/skydns`, '--listen', `127.0.0.1:${dns}`];
  args.push('--http', `127.0.0.1:${http}`, '--forward', '127.0.0.1:9');
  for (const i of [1, 2, 3]) await put(`east/rails/${i}`, { host: `10.0.0.${i}`, port: 8080 });
  await put('hello', { text: '<img src=x onerror=alert(1)>\u202e\u0007' });
  await put('broken', '<b>no JSON</b>');
  server = await scene.server(args);
});

afterEach(async () => {
  const errors = tabs.flatMap((tab) => tab.errors);
  await Promise.all(tabs.splice(0).map((tab) => tab.close()));
  expect(errors).toEqual([]);
});

describe('the page', () => {
  it('shows the tree, bad records, other servers and how things stand', async () => {
    const tab = await open();
    await tab.row(/^\W*rails/).waitFor();
    await tab.row('10.0.0.2:8080').waitFor();
    expect(await tab.text('#state')).toContain('synced');
    expect(await tab.text('#registry')).toContain(etcd.endpoint);
    await tab.page.locator('#bad', { hasText: `${PREFIX}/broken` }).waitFor();
    await tab.page.locator('#upstream', { hasText: '127.0.0.1:9' }).waitFor();
    expect(await tab.page.locator('#banner').isVisible()).toBe(false);
  });

  it('shows names and texts as text, whatever is in them', async () => {
    const tab = await open();
    const row = await tab.row('hello').textContent();
    expect(row).toContain('<img src=x onerror=alert(1)>\\u{202e}\\u{7}');
    expect(await tab.text('#bad')).toContain('<b>no JSON</b>');
    expect(await tab.page.locator('#tree img, #bad b').count()).toBe(0);
  });

  it('draws rates and latency of what is asked', async () => {
    const tab = await open();
    await expect
      .poll(
        async () => {
          await scene.call(['lookup', 'rails.east.skydns.local', 'A', `@127.0.0.1:${server.port}`]);
          return tab.page.locator('.chart .now').allInnerTexts();
        },
        { timeout: 60_000 },
      )
      .toEqual([
        expect.stringMatching(/^\d/),
        expect.stringMatching(/ (µs|ms|s)$/),
        expect.stringMatching(/^\d/),
      ]);
  });

  it('shows a service that comes, greys it out when it dies, and lets it go', async () => {
    const tab = await open();
    await put('east/rails/4', { host: '10.0.0.4', port: 8080 });
    const row = tab.row('10.0.0.4:8080');
    await row.waitFor();
    // It is looked for from before: it is not there for long.
    const gone = tab.page.locator('.row[data-state="gone"]', { hasText: '10.0.0.4:8080' }).waitFor();
    await etcd.ctl('del', `${PREFIX}/east/rails/4`);
    await gone;
    expect(await tab.text('#moves')).toMatch(/4\.rails\.east\.skydns\.local/);
    await row.waitFor({ state: 'detached' });
    await tab.row('10.0.0.3:8080').waitFor();
  });

  it('finds services by name, host and text', async () => {
    const tab = await open();
    await tab.page.getByLabel('Search names, hosts and texts').fill('rails 10.0.0.2');
    await shown(tab, /^1 name found of/);
    expect(await tab.page.locator('.row').allInnerTexts()).toEqual([
      expect.stringContaining('2.rails.east.skydns.local'),
    ]);
    await tab.page.getByLabel('Search names, hosts and texts').fill('<nobody>');
    await tab.page.getByText('Nothing has “<nobody>” in it.').waitFor();
  });

  it('explains why a name is answered as it is', async () => {
    const tab = await open();
    await tab.row(/^\W*rails/).click();
    expect(await tab.page.getByLabel('Name', { exact: true }).inputValue()).toBe('rails.east.skydns.local');
    await tab.page.getByLabel('Type').selectOption('SRV');
    await tab.page.getByRole('button', { name: 'Explain' }).click();
    await tab.page.locator('.summary[data-rcode="NOERROR"]').waitFor();
    const answer = await tab.text('#answer');
    expect(answer).toContain(`${PREFIX}/east/rails/1`);
    expect(answer).toMatch(/8080 1\.rails\.east\.skydns\.local\./);
    await tab.page.getByLabel('Name', { exact: true }).fill('<i>.skydns.local');
    await tab.page.keyboard.press('Enter');
    await tab.page.locator('.summary[data-rcode="NXDOMAIN"]').waitFor();
    expect(await tab.page.locator('#answer i').count()).toBe(0);
    await tab.page.getByLabel('Name', { exact: true }).fill('a..b');
    await tab.page.keyboard.press('Enter');
    await tab.page.locator('.failed', { hasText: 'a..b' }).waitFor();
  });

  it('can be used by keys alone', async () => {
    const tab = await open();
    const { page } = tab;
    await page.getByRole('tree').focus();
    const active = async () => {
      const id = await page.getByRole('tree').getAttribute('aria-activedescendant');
      const row = page.locator(`#${id}`);
      return `${await row.locator('.label').textContent()} ${await row.getAttribute('aria-expanded')}`;
    };
    await page.keyboard.press('Home');
    await expect.poll(active, soon).toBe('skydns.local true');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(active, soon).toBe('skydns.local false');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await expect.poll(active, soon).toBe('east true');
    await page.keyboard.press('Enter');
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('east.skydns.local');
    await page.keyboard.press('End');
    await expect.poll(active, soon).toMatch(/^hello/);
  });

  it('is dark where the system is, or where it is told to be, and keeps to that', async () => {
    const tab = await open();
    const { page } = tab;
    const ground = () => page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await ground();
    expect(dark).not.toBe(light);
    const button = page.getByRole('button', { name: /^Colours/ });
    await button.click();
    expect(await ground()).toBe(light);
    await button.click();
    await page.emulateMedia({ colorScheme: 'light' });
    await page.reload();
    expect(await ground()).toBe(dark);
    await button.click();
    expect(await ground()).toBe(light);
  });

  it('fits a phone', async () => {
    const tab = await open();
    await tab.page.setViewportSize({ width: 360, height: 740 });
    await tab.row(/^\W*rails/).waitFor();
    expect(await tab.page.evaluate<number>('document.documentElement.scrollWidth')).toBe(360);
  });
});

describe('axe', () => {
  const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

  async function violations(page: Page): Promise<string[]> {
    // By the debugger, as no page of ours would take it.
    const results = (await page.evaluate(
      `(() => { const module = undefined; ${source}; return axe.run(); })()`,
    )) as AxeResults;
    expect(results.passes.length).toBeGreaterThan(10);
    return results.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`);
  }

  it.each(['light', 'dark'] as const)('finds no serious violation in %s', async (colorScheme) => {
    const tab = await open();
    await tab.page.emulateMedia({ colorScheme });
    await tab.row(/^\W*rails/).click();
    await tab.page.getByRole('button', { name: 'Explain' }).click();
    await tab.page.locator('.summary').waitFor();
    expect(await violations(tab.page)).toEqual([]);
  });
});

describe('when something is lost', () => {
  it('a banner says that etcd is, for as long as it is', async () => {
    const tab = await open();
    await etcd.stop();
    const banner = tab.page.getByRole('alert');
    await banner.filter({ hasText: 'Stale: cut off from the registry' }).waitFor();
    expect(await tab.page.title()).toContain('Stale');
    await tab.row('10.0.0.1:8080').waitFor();
    await etcd.start();
    await banner.waitFor({ state: 'hidden' });
    expect(await tab.page.title()).toBe('Fingerpost');
  });

  it('the page says that the server is, finds it again, and shows what has changed', async () => {
    const tab = await open();
    await server.stop();
    await tab.page.getByRole('alert').filter({ hasText: 'This page has lost the server' }).waitFor();
    await put('east/rails/5', { host: '10.0.0.5', port: 8080 });
    await etcd.ctl('del', `${PREFIX}/east/rails/1`);
    server = await scene.server(args);
    await tab.row('10.0.0.5:8080').waitFor();
    await tab.row('10.0.0.1:8080').waitFor({ state: 'detached' });
    expect(await tab.page.getByRole('alert').isVisible()).toBe(false);
  });
});

it('50,000 services are shown, searched and walked through', { timeout: 300_000 }, async () => {
  const services = Array.from({ length: 50_000 }, (_, i) => ({
    key: `/many/local/skydns/app${i % 50}/${i}`,
    value: `{"host":"10.${i >> 16}.${(i >> 8) & 255}.${i & 255}","port":80}`,
  }));
  await fill(etcd.endpoint, services);
  const many = await scene.server(['--registry', `etcd://${etcd.endpoint}/many`]);
  const tab = await browser.open(`http://127.0.0.1:${many.http.port}/`);
  tabs.push(tab);
  const { page } = tab;
  await shown(tab, /^50,000 services$/);
  await page.getByRole('button', { name: 'Unfold all' }).click();
  await page.getByRole('tree').press('End');
  await tab.row('10.0.195.79:80').waitFor();
  expect(await page.locator('.row').count()).toBeLessThan(100);
  await page.getByLabel('Search names, hosts and texts').fill('49999.app49');
  await shown(tab, /^1 name found of 50,000 services$/);
});
