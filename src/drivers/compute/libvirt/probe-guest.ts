/**
 * The smallest guest there is: a boot sector that powers its machine off. Only a machine that really executes code gets there,
 * and libvirt tells a guest that powered off from one that was stopped.
 */

/** Power management of QEMU's q35 under SeaBIOS: PM1a control at 0x604; SLP_EN with SLP_TYP 0 is S5 (ACPI 6.5 §4.8.3.2). */
const powerOff = [
  [0xba, 0x04, 0x06], // mov dx, 0x604
  [0xb8, 0x00, 0x20], // mov ax, 0x2000
  [0xef], //             out dx, ax
  [0xf4], //             hlt
  [0xeb, 0xfd], //       jmp to the hlt
].flat();

const sectorBytes = 512;
const bootSignature = 0xaa55;
/** SeaBIOS does not boot from a disk of less than a cylinder. */
const diskBytes = 1 << 20;

export function createProbeDisk(): Buffer {
  const disk = Buffer.alloc(diskBytes);
  disk.set(powerOff);
  disk.writeUInt16LE(bootSignature, sectorBytes - 2);
  return disk;
}
