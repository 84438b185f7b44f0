import type { Architecture } from '../architecture.ts';
import { MACHINE_CODE, SIGNALS } from './machine-code.ts';

const ELF_HEADER = 64;
const PROGRAM_HEADER = 56;
const ENTRY = ELF_HEADER + PROGRAM_HEADER;
const LOAD_ADDRESS = 0x40_0000n;
/** A page on amd64; arm64 kernels may use pages of 64 KiB. */
const PAGE = 0x1_0000n;
const MACHINES: Readonly<Record<Architecture, number>> = { amd64: 62, arm64: 183 };

/** A static ELF program of a few hundred bytes: waits, reaps orphans as PID 1, and ends with 0 at SIGTERM or SIGINT. */
export function pauseProgram(architecture: Architecture): Buffer {
  const code = MACHINE_CODE[architecture];
  const set = Buffer.alloc(8);
  set.writeBigUInt64LE(Object.values(SIGNALS).reduce((bits, signal) => bits | (1n << BigInt(signal - 1)), 0n));
  const size = BigInt(ENTRY + code.length + set.length);
  return Buffer.concat([elfHeader(architecture), programHeader(size), code, set]);
}

function elfHeader(architecture: Architecture): Buffer {
  const header = Buffer.alloc(ELF_HEADER);
  header.write('\u007fELF', 0, 'latin1');
  header.set([2, 1, 1], 4); // 64 bits, little-endian, version 1
  header.writeUInt16LE(2, 16); // an executable
  header.writeUInt16LE(MACHINES[architecture], 18);
  header.writeUInt32LE(1, 20); // version
  header.writeBigUInt64LE(LOAD_ADDRESS + BigInt(ENTRY), 24); // where it begins
  header.writeBigUInt64LE(BigInt(ELF_HEADER), 32); // program headers
  header.writeUInt16LE(ELF_HEADER, 52);
  header.writeUInt16LE(PROGRAM_HEADER, 54);
  header.writeUInt16LE(1, 56); // one of them
  return header;
}

/** The whole file is one segment, readable and executable. */
function programHeader(size: bigint): Buffer {
  const header = Buffer.alloc(PROGRAM_HEADER);
  header.writeUInt32LE(1, 0); // PT_LOAD
  header.writeUInt32LE(5, 4); // read, execute
  header.writeBigUInt64LE(0n, 8); // from the file's start
  header.writeBigUInt64LE(LOAD_ADDRESS, 16);
  header.writeBigUInt64LE(LOAD_ADDRESS, 24);
  header.writeBigUInt64LE(size, 32); // in the file
  header.writeBigUInt64LE(size, 40); // in memory
  header.writeBigUInt64LE(PAGE, 48);
  return header;
}
