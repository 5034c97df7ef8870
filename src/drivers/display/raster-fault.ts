import { DeviceFault } from '../../domain/fault.ts';

/**
 * A picture could not be made of a screen: `rasteriser-missing` and `font-missing` where a part of the installation
 * cannot be read, `svg-not-drawable` for a picture that the rasteriser refuses.
 */
export class RasterFault extends DeviceFault {}
