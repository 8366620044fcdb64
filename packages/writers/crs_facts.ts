/**
 * What coordinate reference systems are called outside of EPSG.
 *
 * @module
 */

/** Facts of a CRS. */
export interface CrsFacts {
  /** Well-known text, WKT 1 as GDAL writes it. */
  readonly wkt: string;
  /** The attributes of CF's grid mapping. */
  readonly gridMapping: Readonly<Record<string, string | number>>;
  /** Whether coordinates are degrees. */
  readonly isGeographic: boolean;
}

const sphere = { semi_major_axis: 6378137, inverse_flattening: 298.257223563 } as const;

const wgs84 = 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,' +
  'AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],' +
  'UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]';

const metre = 'UNIT["metre",1,AUTHORITY["EPSG","9001"]]';

function utm(zone: number, south: boolean): CrsFacts {
  const meridian = 6 * zone - 183;
  const northing = south ? 10_000_000 : 0;
  const code = (south ? 32700 : 32600) + zone;
  return {
    isGeographic: false,
    wkt: `PROJCS["WGS 84 / UTM zone ${zone}${south ? "S" : "N"}",${wgs84},` +
      `PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],` +
      `PARAMETER["central_meridian",${meridian}],PARAMETER["scale_factor",0.9996],` +
      `PARAMETER["false_easting",500000],PARAMETER["false_northing",${northing}],${metre},` +
      `AXIS["Easting",EAST],AXIS["Northing",NORTH],AUTHORITY["EPSG","${code}"]]`,
    gridMapping: {
      grid_mapping_name: "transverse_mercator",
      ...sphere,
      latitude_of_projection_origin: 0,
      longitude_of_central_meridian: meridian,
      scale_factor_at_central_meridian: 0.9996,
      false_easting: 500000,
      false_northing: northing,
    },
  };
}

/**
 * Facts of WGS 84 by degrees (EPSG:4326), its UTM zones and Web Mercator (EPSG:3857); `null` for any other.
 *
 * Source: EPSG registry; CF conventions 1.11, appendix F.
 */
export function crsFacts(crs: string): CrsFacts | null {
  const code = Number(/^EPSG:(\d+)$/i.exec(crs)?.[1]);
  if (code > 32600 && code <= 32660) return utm(code - 32600, false);
  if (code > 32700 && code <= 32760) return utm(code - 32700, true);
  if (code === 4326) {
    return {
      isGeographic: true,
      wkt: wgs84,
      gridMapping: { grid_mapping_name: "latitude_longitude", ...sphere },
    };
  }
  if (code === 3857) {
    return {
      isGeographic: false,
      wkt: `PROJCS["WGS 84 / Pseudo-Mercator",${wgs84},PROJECTION["Mercator_1SP"],` +
        `PARAMETER["central_meridian",0],PARAMETER["scale_factor",1],PARAMETER["false_easting",0],` +
        `PARAMETER["false_northing",0],${metre},AXIS["Easting",EAST],AXIS["Northing",NORTH],` +
        'EXTENSION["PROJ4","+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 ' +
        '+units=m +nadgrids=@null +wktext +no_defs"],AUTHORITY["EPSG","3857"]]',
      // CF has no name for a sphere of the ellipsoid's major axis
      gridMapping: {
        grid_mapping_name: "mercator",
        semi_major_axis: 6378137,
        inverse_flattening: 0,
        longitude_of_projection_origin: 0,
        standard_parallel: 0,
        false_easting: 0,
        false_northing: 0,
      },
    };
  }
  return null;
}
