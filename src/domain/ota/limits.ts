/** Largest core file, bytes. */
export const MAX_CORE_BYTES = 512 * 1024 * 1024;
/** Largest package: the core file, the manifest, its signature and the zip records around them. */
export const MAX_PACKAGE_BYTES = MAX_CORE_BYTES + 2 * 1024 * 1024;
/** Largest sum of all files a package unpacks to, bytes. */
export const MAX_UNPACKED_BYTES = 2 * 1024 * 1024 * 1024;
export const MAX_MANIFEST_BYTES = 1024 * 1024;
/** Entries of one archive, directories included. */
export const MAX_ENTRIES = 1_000;
/** Bytes of a path inside an archive. */
export const MAX_NAME_BYTES = 255;
/** Largest parameter or certificate file, bytes. */
export const MAX_SMALL_FILE_BYTES = 64 * 1024;
/** Files in `key/` of a resource package. */
export const MAX_KEY_FILES = 16;
/** Of all files in `key/` together, bytes. */
export const MAX_KEY_FOLDER_BYTES = 256 * 1024;
