/** iog in the browser and in Node: three clicks to an object mask, with nothing sent anywhere. */
export { type Calibration, type Prompt, readCalibration } from "./calibration.js";
export { type Box, type Clicks, type Correction, type Pixel, type Size, boxOf, clicksOf } from "./clicks.js";
export { type Crop, type Picture, cropAround, cropOf, extract, toCrop, visible } from "./crop.js";
export { type Runtime } from "./engine.js";
export { IogError } from "./errors.js";
export { CHANNELS, clickMaps } from "./guidance.js";
export { type Mask, type Polygon, type RLE, type Ring, areaOf, decodeRle, encodeRle, fullMask, polygons } from "./masks.js";
export { type ModelInfo } from "./model.js";
export { type LoadOptions, type ModelFiles, Prediction, Segmenter, Session } from "./segmenter.js";
export { type Answer } from "./protocol.js";
export { RemotePicture, RemoteSession, WorkerSegmenter, type WorkerOptions } from "./remote.js";
