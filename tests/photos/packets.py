"""XMP as programs write it, each in its own way; composed by the documented forms."""

RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
MWG = (
    'xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/" '
    'xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" '
    'xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#"'
)
MP = (
    'xmlns:MP="http://ns.microsoft.com/photo/1.2/" '
    'xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#" '
    'xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"'
)


def packet(*properties: str, attributes: str = "") -> bytes:
    """`properties` of a photo, in the usual wrapping."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core">'
        f'<rdf:RDF {RDF}><rdf:Description rdf:about="" {MWG} {MP} {attributes}>'
        f"{''.join(properties)}"
        '</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


def mwg(*items: str, applied: tuple[int, int] | None = (400, 300), unit: str = "pixel") -> str:
    size = "" if applied is None else applied_to(*applied, unit=unit)
    return (
        f'<mwg-rs:Regions rdf:parseType="Resource">{size}<mwg-rs:RegionList><rdf:Bag>'
        f"{''.join(items)}</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"
    )


def applied_to(width: int, height: int, *, unit: str = "pixel") -> str:
    return f'<mwg-rs:AppliedToDimensions stDim:w="{width}" stDim:h="{height}" stDim:unit="{unit}"/>'


def mwg_item(
    name: str = "Anna",
    area: tuple[object, ...] = (0.5, 0.5, 0.2, 0.2),
    *,
    kind: str = "Face",
    unit: str = "normalized",
) -> str:
    """A region by its centre and size."""
    x, y, width, height = area
    return (
        f'<rdf:li><rdf:Description mwg-rs:Name="{name}" mwg-rs:Type="{kind}"><mwg-rs:Area '
        f'stArea:x="{x}" stArea:y="{y}" stArea:w="{width}" stArea:h="{height}" '
        f'stArea:unit="{unit}"/></rdf:Description></rdf:li>'
    )


def mp(*items: str) -> str:
    return (
        '<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag>'
        f"{''.join(items)}</rdf:Bag></MPRI:Regions></MP:RegionInfo>"
    )


def mp_item(name: str = "Anna", rectangle: str = "0.4, 0.4, 0.2, 0.2") -> str:
    return f'<rdf:li MPReg:PersonDisplayName="{name}" MPReg:Rectangle="{rectangle}"/>'


# All of a photo of 400 x 300 pixels, where Anna is at x 100, y 60, and 80 x 90 pixels large:
# the centre is 0.35, 0.35 and the size 0.2, 0.3.

DIGIKAM = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF {RDF}>
  <rdf:Description rdf:about="" {MWG} {MP} xmlns:digiKam="http://www.digikam.org/ns/1.0/">
   <digiKam:TagsList><rdf:Seq><rdf:li>People/Anna</rdf:li></rdf:Seq></digiKam:TagsList>
   <MP:RegionInfo rdf:parseType="Resource">
    <MPRI:Regions>
     <rdf:Bag>
      <rdf:li MPReg:PersonDisplayName="Anna" MPReg:Rectangle="0.25, 0.2, 0.2, 0.3"/>
     </rdf:Bag>
    </MPRI:Regions>
   </MP:RegionInfo>
   <mwg-rs:Regions rdf:parseType="Resource">
    <mwg-rs:AppliedToDimensions stDim:w="400" stDim:h="300" stDim:unit="pixel"/>
    <mwg-rs:RegionList>
     <rdf:Bag>
      <rdf:li>
       <rdf:Description mwg-rs:Name="Anna" mwg-rs:Type="Face">
        <mwg-rs:Area stArea:x="0.35" stArea:y="0.35" stArea:w="0.2" stArea:h="0.3"
          stArea:unit="normalized"/>
       </rdf:Description>
      </rdf:li>
     </rdf:Bag>
    </mwg-rs:RegionList>
   </mwg-rs:Regions>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>""".encode()

LIGHTROOM = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0-c000">
 <rdf:RDF {RDF}>
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" {MWG}
    xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
   xmp:Rating="4" crs:Version="15.0">
   <mwg-rs:Regions rdf:parseType="Resource">
    <mwg-rs:AppliedToDimensions stDim:w="400" stDim:h="300" stDim:unit="pixel"/>
    <mwg-rs:RegionList>
     <rdf:Bag>
      <rdf:li>
       <rdf:Description mwg-rs:Rotation="0.00000" mwg-rs:Name="Anna" mwg-rs:Type="Face">
       <mwg-rs:Area stArea:h="0.30000" stArea:w="0.20000" stArea:x="0.35000" stArea:y="0.35000"/>
       </rdf:Description>
      </rdf:li>
      <rdf:li>
       <rdf:Description mwg-rs:Rotation="0.00000" mwg-rs:Type="Face">
       <mwg-rs:Area stArea:h="0.10000" stArea:w="0.10000" stArea:x="0.80000" stArea:y="0.50000"/>
       </rdf:Description>
      </rdf:li>
     </rdf:Bag>
    </mwg-rs:RegionList>
   </mwg-rs:Regions>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>""".encode()

PICASA = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 5.1.2">
 <rdf:RDF {RDF}>
  <rdf:Description rdf:about="" {MWG}>
   <mwg-rs:Regions rdf:parseType="Resource">
    <mwg-rs:AppliedToDimensions rdf:parseType="Resource">
     <stDim:w>400</stDim:w>
     <stDim:h>300</stDim:h>
     <stDim:unit>pixel</stDim:unit>
    </mwg-rs:AppliedToDimensions>
    <mwg-rs:RegionList>
     <rdf:Bag>
      <rdf:li rdf:parseType="Resource">
       <mwg-rs:Type>Face</mwg-rs:Type>
       <mwg-rs:Name>Anna</mwg-rs:Name>
       <mwg-rs:Area rdf:parseType="Resource">
        <stArea:x>0.35</stArea:x>
        <stArea:y>0.35</stArea:y>
        <stArea:w>0.2</stArea:w>
        <stArea:h>0.3</stArea:h>
        <stArea:unit>normalized</stArea:unit>
       </mwg-rs:Area>
      </rdf:li>
     </rdf:Bag>
    </mwg-rs:RegionList>
   </mwg-rs:Regions>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>""".encode()

# Its prefixes are its own, and each is declared where it is needed.
WINDOWS_PHOTO_GALLERY = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<xmp:xmpmeta xmlns:xmp="adobe:ns:meta/"><rdf:RDF {RDF}>
<rdf:Description rdf:about="uuid:faf5bdd5-ba3d-11da-ad31-d33d75182f1b"
  xmlns:MP="http://ns.microsoft.com/photo/1.2/"><MP:RegionInfo><rdf:Description
  xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#"><MPRI:Regions><rdf:Bag>
<rdf:li><rdf:Description xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"
  ><MPReg:Rectangle>0.25, 0.2, 0.2, 0.3</MPReg:Rectangle
  ><MPReg:PersonDisplayName>Anna</MPReg:PersonDisplayName
  ><MPReg:PersonLiveIdCID>-8524155139012345678</MPReg:PersonLiveIdCID
  ></rdf:Description></rdf:li></rdf:Bag></MPRI:Regions></rdf:Description></MP:RegionInfo
></rdf:Description></rdf:RDF></xmp:xmpmeta>
<?xpacket end='w'?>{" " * 2048}\0""".encode()

# A telephone: a list with an order, a point of focus, and words of its own.
IPHONE = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 6.0.0"><rdf:RDF {RDF}>
<rdf:Description rdf:about="" {MWG} xmlns:apple-fi="http://ns.apple.com/faceinfo/1.0/">
<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Seq>
<rdf:li rdf:parseType="Resource"><mwg-rs:Type>Focus</mwg-rs:Type><mwg-rs:Name>Anna</mwg-rs:Name>
<mwg-rs:Area rdf:parseType="Resource"><stArea:x>0.1</stArea:x><stArea:y>0.1</stArea:y>
<stArea:w>0.1</stArea:w><stArea:h>0.1</stArea:h></mwg-rs:Area></rdf:li>
<rdf:li rdf:parseType="Resource"><mwg-rs:Extensions rdf:parseType="Resource">
<apple-fi:AngleInfoYaw>45</apple-fi:AngleInfoYaw></mwg-rs:Extensions>
<mwg-rs:Area rdf:parseType="Resource"><stArea:y>0.35</stArea:y><stArea:w>0.2</stArea:w>
<stArea:x>0.35</stArea:x><stArea:h>0.3</stArea:h><stArea:unit>normalized</stArea:unit></mwg-rs:Area>
<mwg-rs:Type>Face</mwg-rs:Type><mwg-rs:Name>Anna</mwg-rs:Name></rdf:li>
</rdf:Seq></mwg-rs:RegionList><mwg-rs:AppliedToDimensions rdf:parseType="Resource">
<stDim:h>3000</stDim:h><stDim:w>4000</stDim:w><stDim:unit>pixel</stDim:unit>
</mwg-rs:AppliedToDimensions></mwg-rs:Regions></rdf:Description></rdf:RDF></x:xmpmeta>""".encode()
