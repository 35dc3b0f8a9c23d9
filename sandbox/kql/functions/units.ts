import { unsupported } from '../failure.ts';
import { type Library, type Maker, simple } from './define.ts';

/** How many base units one unit is. */
type Factors = Readonly<Record<string, number>>;

const ANGLES: Factors = {
  Arcminute: 1 / 60,
  Arcsecond: 1 / 3600,
  Degree: 1,
  Gradian: 0.9,
  Radian: 180 / Math.PI,
  Revolution: 360,
};
const ENERGIES: Factors = {
  BritishThermalUnit: 1055.05585262,
  Calorie: 4.184,
  Joule: 1,
  Kilocalorie: 4184,
  Kilojoule: 1000,
  KilowattHour: 3_600_000,
  Megajoule: 1_000_000,
  WattHour: 3600,
};
const FORCES: Factors = {
  Decanewton: 10,
  Dyn: 1e-5,
  Kilonewton: 1000,
  Meganewton: 1_000_000,
  Millinewton: 0.001,
  Newton: 1,
};
const LENGTHS: Factors = {
  Centimeter: 0.01,
  Decimeter: 0.1,
  Foot: 0.3048,
  Inch: 0.0254,
  Kilometer: 1000,
  Meter: 1,
  Micrometer: 1e-6,
  Mile: 1609.344,
  Millimeter: 0.001,
  Nanometer: 1e-9,
  NauticalMile: 1852,
  Yard: 0.9144,
};
const MASSES: Factors = {
  Gram: 0.001,
  Kilogram: 1,
  Milligram: 1e-6,
  Ounce: 0.028349523125,
  Pound: 0.45359237,
  Stone: 6.35029318,
  Tonne: 1000,
};
const SPEEDS: Factors = {
  CentimeterPerHour: 0.01 / 3600,
  CentimeterPerSecond: 0.01,
  FootPerSecond: 0.3048,
  KilometerPerHour: 1000 / 3600,
  KilometerPerSecond: 1000,
  Knot: 1852 / 3600,
  MeterPerMinute: 1 / 60,
  MeterPerSecond: 1,
  MilePerHour: 0.44704,
};
const VOLUMES: Factors = {
  AcreFoot: 1 / 0.000810714,
  CubicCentimeter: 1e-6,
  CubicFoot: 0.028316846592,
  CubicInch: 1.6387064e-5,
  CubicMeter: 1,
  Liter: 0.001,
  Milliliter: 1e-6,
  UsGallon: 0.003785411784,
};
/** Kelvin = value × factor + offset. */
const TEMPERATURES: Readonly<Record<string, readonly [number, number]>> = {
  DegreeCelsius: [1, 273.15],
  DegreeFahrenheit: [5 / 9, 273.15 - 160 / 9],
  DegreeRankine: [5 / 9, 0],
  Kelvin: [1, 0],
};

/** Units not listed are refused: a null would be a guess. */
function lookup<T>(table: Readonly<Record<string, T>>, name: string): T {
  const found = Object.entries(table).find(([unit]) => unit.toLowerCase() === name.toLowerCase())?.[1];
  if (found === undefined) throw unsupported(`the unit ${name}`);
  return found;
}

const conversion = (table: Factors): Maker =>
  simple('rss', (value: number, from: string, to: string) => (value * lookup(table, from)) / lookup(table, to));

function temperature(value: number, from: string, to: string): number {
  const [fromFactor, fromOffset] = lookup(TEMPERATURES, from);
  const [toFactor, toOffset] = lookup(TEMPERATURES, to);
  return (value * fromFactor + fromOffset - toOffset) / toFactor;
}

export const unitFunctions: Library = {
  convert_angle: conversion(ANGLES),
  convert_energy: conversion(ENERGIES),
  convert_force: conversion(FORCES),
  convert_length: conversion(LENGTHS),
  convert_mass: conversion(MASSES),
  convert_speed: conversion(SPEEDS),
  convert_temperature: simple('rss', temperature),
  convert_volume: conversion(VOLUMES),
};
