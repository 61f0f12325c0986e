/** An image for tests: a guest that says hello on its serial port, stays up, and powers off when its power button is pressed. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../../../src/lib/run-command.js';

// Registers of QEMU's q35 under SeaBIOS: PM1a status 0x600, enable 0x602, control 0x604 (ACPI 6.5 §4.8.3); serial port 0x3f8.
const code = [
  [0xba, 0xf8, 0x03, 0xb0, 0x21, 0xee], // '!' to the serial port
  [0xba, 0x02, 0x06, 0xb8, 0x00, 0x01, 0xef], // enable the power button's event
  [0xfb, 0xf4], // wait for the next timer tick
  [0xba, 0x00, 0x06, 0xed], // read the status
  [0xf6, 0xc4, 0x01, 0x74, 0xf5], // no button: wait on
  [0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef, 0xf4], // power off
].flat();

export async function createPowerButtonImage(folder: string): Promise<string> {
  const sector = Buffer.alloc(1 << 20);
  sector.set(code);
  sector.writeUInt16LE(0xaa55, 510);
  const raw = join(folder, 'power-button.raw');
  const image = join(folder, 'power-button.qcow2');
  await writeFile(raw, sector);
  await runCommand('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, image]);
  return image;
}
