import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { simRoutes } from '../../simulator/routes.ts';
import { createSimulator } from '../../simulator/simulator.ts';
import { FakeClock } from '../../testkit/clock.ts';
import { ScriptedBox } from '../../testkit/scripted-box.ts';
import openapi from './openapi.json' with { type: 'json' };
import { addRoutes } from './routes.ts';

type Node = Record<string, unknown>;
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** `GET /v1/sales/{id}` of every route an application has. */
const served = (app: Hono): string[] =>
  app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);

const described = Object.entries(openapi.paths as Record<string, Node>).flatMap(([path, item]) =>
  METHODS.filter((method) => method in item).map((method) => `${method.toUpperCase()} ${path}`),
);

test('every route is described, and every description is of a route', () => {
  const app = new Hono();
  const unused = () => {
    throw new Error('not called');
  };
  addRoutes(app, { box: new ScriptedBox(), health: unused, metrics: { exposition: unused }, drawScreen: unused, openStream: unused });
  const board = {
    name: 'none',
    title: '',
    hardware: 'simulated',
    inputs: {},
    outputs: {},
    acceptors: [],
    delivery: null,
    buttons: {},
    display: { width: 1, height: 1 },
  } as const;
  const simulated = simRoutes(createSimulator(board, new FakeClock()), unused);
  expect([...served(app), ...served(simulated)].sort()).toEqual(described.sort());
});

test('every reference leads somewhere, and every schema is referred to', () => {
  const references = new Set([...JSON.stringify(openapi).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1]));
  expect([...references].sort()).toEqual(Object.keys(openapi.components.schemas).sort());
});

test('every operation has a summary and at least one answer that is well', () => {
  for (const item of Object.values(openapi.paths as Record<string, Node>)) {
    for (const operation of Object.values(item) as { summary?: string; responses: Node }[]) {
      expect(operation.summary).toMatch(/^[A-Z].*[^.]$/);
      expect(Object.keys(operation.responses).some((status) => status.startsWith('2'))).toBe(true);
    }
  }
});
