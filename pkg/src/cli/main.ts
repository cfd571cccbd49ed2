#!/usr/bin/env node
import { generateKeys } from '../keys.ts';

console.log(generateKeys());
