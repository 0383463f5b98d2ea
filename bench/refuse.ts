/** Says in one line what is wrong with a command, and ends it with code 2. */
export function refuse(message: string): never {
  console.error(message.replace(/\s*\n\s*/g, ' '));
  process.exit(2);
}
