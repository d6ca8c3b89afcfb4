/**
 * Shapes other than boxes, as data: simple bodies, and sets made of them.
 *
 * @module
 */

import { didYouMean } from "../../data/inner.ts";
import {
  type FieldReaders,
  listOf,
  readFields,
  readNumber,
  readRange,
  readTextField,
  recordOf,
  refuseField,
} from "./fields.ts";

/** A disk, in three coordinates a ball. */
export interface ShapeDisk {
  /** A number per coordinate of the shape. */
  readonly center: readonly number[];
  /** Above 0. */
  readonly radius: number;
}

/** One side of a line, in three coordinates of a plane. */
export interface ShapeHalf {
  /** A point of the line. */
  readonly point: readonly number[];
  /** Points out of the half that belongs to the shape; of any length but 0. */
  readonly normal: readonly number[];
}

/**
 * A body, or a set made of others: exactly one field besides `name` and `in`. What lies outside the
 * domain's box never belongs to the shape.
 */
export interface PdeShape {
  /** What conditions call its boundary. Default: the name of the field, such as `disk`. */
  readonly name?: string;
  /** Coordinates that the shape is in. Default: all but `t`. Of the outermost only. */
  readonly in?: readonly string[];
  /** A disk or ball. */
  readonly disk?: ShapeDisk;
  /** A range per coordinate; those that are left out run over the domain. */
  readonly box?: Readonly<Record<string, readonly [number, number]>>;
  /** Corners in order, in two coordinates; the last is joined to the first. */
  readonly polygon?: readonly (readonly number[])[];
  /** One side of a line or plane. */
  readonly half?: ShapeHalf;
  /** What is in any of them. */
  readonly union?: readonly PdeShape[];
  /** What is in all of them. */
  readonly intersection?: readonly PdeShape[];
  /** The first without all others. */
  readonly difference?: readonly PdeShape[];
  /** What is not in it. */
  readonly not?: PdeShape;
}

/** What a condition calls the part of the boundary on the domain's box, and the whole boundary. */
export const DOMAIN_PART = "domain", WHOLE_BOUNDARY = "boundary";

const BODIES = ["disk", "box", "polygon", "half"] as const;
const SETS = ["union", "intersection", "difference", "not"] as const;
const KINDS = [...BODIES, ...SETS];

const DISK: FieldReaders<ShapeDisk> = {
  center: listOf(readNumber, 1),
  radius: (value, path) => {
    const radius = readNumber(value, path);
    return radius > 0 ? radius : refuseField(RangeError, path, "a number > 0", value);
  },
};

const HALF: FieldReaders<ShapeHalf> = {
  point: listOf(readNumber, 1),
  normal: listOf(readNumber, 1),
};

const SHAPE: FieldReaders<PdeShape> = {
  name: readTextField,
  in: listOf(readTextField, 1),
  disk: (value, path) => readFields(value, path, DISK, ["center", "radius"]),
  box: recordOf(readRange),
  polygon: listOf(listOf(readNumber, 2), 3),
  half: (value, path) => readFields(value, path, HALF, ["point", "normal"]),
  union: listOf(readShape, 1),
  intersection: listOf(readShape, 1),
  difference: listOf(readShape, 2),
  not: readShape,
};

/** Reads the field `shape` of a problem that comes as data. */
export function readShape(value: unknown, path: string): unknown {
  const shape = readFields(value, path, SHAPE, []);
  const kinds = KINDS.filter((kind) => shape[kind] !== undefined);
  if (kinds.length !== 1) {
    refuseField(TypeError, path, `an object with one of ${KINDS.join(", ")}`, value);
  }
  return shape;
}

/** The body that a node is, if it is not made of others. */
export function bodyKind(shape: PdeShape): typeof BODIES[number] | undefined {
  return BODIES.find((kind) => shape[kind] !== undefined);
}

/** The bodies of a shape, each with the names that conditions may call its boundary. */
export function bodiesOf(
  shape: PdeShape,
  around: readonly string[] = [],
): { readonly body: PdeShape; readonly names: readonly string[] }[] {
  const names = shape.name === undefined ? around : [...around, shape.name], kind = bodyKind(shape);
  if (kind) return [{ body: shape, names: shape.name === undefined ? [...names, kind] : names }];
  const { union = [], intersection = [], difference = [], not } = shape;
  return [...union, ...intersection, ...difference, ...not ? [not] : []]
    .flatMap((part) => bodiesOf(part, names));
}

/** Names of the normal's components beside a problem's shape: `n_x`, ... */
export function normalNames(
  { shape, domain }: {
    readonly shape?: PdeShape;
    readonly domain: Readonly<Record<string, unknown>>;
  },
): string[] {
  if (!shape) return [];
  const coordinates = Object.keys(domain);
  return shapeCoordinates(shape, coordinates).map((i) => `n_${coordinates[i]}`);
}

/** The coordinates that a shape is in, by their places in the problem. */
export function shapeCoordinates(shape: PdeShape, coordinates: readonly string[]): number[] {
  const names = shape.in ?? coordinates.filter((name) => name !== "t");
  return names.map((name) => coordinates.indexOf(name));
}

/** Names of parts of the boundary that a condition may lie on. */
export function partNames(shape: PdeShape): string[] {
  return [
    ...new Set([WHOLE_BOUNDARY, ...bodiesOf(shape).flatMap(({ names }) => names), DOMAIN_PART]),
  ];
}

/** Refuses a shape that does not fit its coordinates, and names that something else has. */
export function checkShape(
  shape: PdeShape,
  coordinates: readonly string[],
  unknowns: readonly string[],
): void {
  for (const name of shape.in ?? []) {
    if (coordinates.includes(name)) continue;
    const rule = `of ${coordinates.join(", ")} only`;
    refuseField(RangeError, "shape.in", rule, name, didYouMean(name, coordinates));
  }
  const inside = shapeCoordinates(shape, coordinates), d = inside.length;
  if (d < 1 || d > 3) {
    refuseField(RangeError, "shape", "in one to three coordinates (see in)", d);
  }
  const taken = [...coordinates, ...unknowns].find((name) => name === "n");
  if (taken) {
    refuseField(RangeError, "names", "others than n beside a shape (n is its normal)", taken);
  }
  for (const { body } of bodiesOf(shape)) checkBody(body, inside.map((i) => coordinates[i]));
}

function checkBody({ disk, box, polygon, half }: PdeShape, names: readonly string[]): void {
  const d = names.length;
  const lists: [string, readonly number[]][] = [
    ...disk ? [["disk.center", disk.center] as [string, readonly number[]]] : [],
    ...half
      ? [["half.point", half.point], ["half.normal", half.normal]] as [string, readonly number[]][]
      : [],
    ...(polygon ?? []).map((corner, i): [string, readonly number[]] => [`polygon[${i}]`, corner]),
  ];
  for (const [path, list] of lists) {
    if (list.length === d) continue;
    const rule = `a number for each of ${names.join(", ")}`;
    refuseField(RangeError, `shape: ${path}`, rule, list);
  }
  if (half && !half.normal.some((x) => x !== 0)) {
    refuseField(RangeError, "shape: half.normal", "not all 0", half.normal);
  }
  if (polygon && d !== 2) {
    refuseField(RangeError, "shape: polygon", "in two coordinates", d);
  }
  for (const name of Object.keys(box ?? {})) {
    if (names.includes(name)) continue;
    const rule = `of ${names.join(", ")} only`;
    refuseField(RangeError, "shape: box", rule, name, didYouMean(name, names));
  }
}
